-- What made the restated KPIs change: the touches of their metric (or of those that it is made of) at units below theirs, in
-- the period itself or, where none is in it, in the period before it (differences and prior() reach back).
-- Inputs: changed, touched_cause, :derived and :component as in scope_derived.sql. Grain: one row a KPI x cause.
INSERT INTO ledger.restatement (metric_id, org_id, grain, start, dimset_id, scenario, computed_at, cause, submission_id)
WITH restated AS (
    SELECT c.metric_id, c.org_id, c.start, c.dimset_id, c.scenario, p.previous, p.last_month
    FROM changed AS c JOIN ledger.period AS p ON p.grain = :grain AND p.start = c.start
    WHERE c.basis = 'W' AND c.is_restated AND c.computed
), made_of AS (
    SELECT DISTINCT metric_id AS metric_id, metric_id AS component_id FROM restated
    UNION SELECT * FROM unnest(CAST(:derived AS integer[]), CAST(:component AS integer[]))
), candidate AS (
    SELECT r.*, t.cause, t.submission_id, t.month >= r.start AS is_within,
           bool_or(t.month >= r.start) OVER (PARTITION BY r.metric_id, r.org_id, r.start, r.dimset_id, r.scenario) AS any_within
    FROM restated AS r
    JOIN made_of AS m ON m.metric_id = r.metric_id
    JOIN touched_cause AS t ON t.metric_id = m.component_id AND t.month <= r.last_month
        AND t.month >= coalesce(r.previous, r.start)
    WHERE EXISTS (SELECT FROM ledger.org_tree AS k WHERE k.tree = 'W' AND k.org_id = t.org_id AND k.ancestor_id = r.org_id)
)
SELECT DISTINCT metric_id, org_id, CAST(:grain AS "char"), start, dimset_id, scenario, CAST(:computed_at AS timestamptz), cause,
       submission_id
FROM candidate
WHERE is_within OR NOT any_within
