-- Bring in, as they stand, the components of derived metrics in scope that are not recomputed themselves.
-- Inputs: pairs of numbers, as in scope_derived.sql. Rows brought in are not written back (computed is false). Of a basis
-- that makes no other KPI in some year they are those of the tree as it was; another definition version is computed on them.
WITH wanted AS (
    SELECT CASE WHEN b.tree IS NOT NULL THEN s.basis ELSE 'W' END AS basis, d.component AS metric_id, s.org_id, y.year_start
    FROM scope AS s
    JOIN unnest(CAST(:derived AS integer[]), CAST(:component AS integer[])) AS d (derived, component)
        ON d.derived = s.metric_id
    JOIN (SELECT DISTINCT year_start FROM ledger.period WHERE grain = 'M') AS y
        ON y.year_start = s.year_start OR (:reach AND y.year_start BETWEEN s.year_start - 380 AND s.year_start)
    LEFT JOIN ledger.basis_year AS b ON b.tree = s.basis AND b.org_id = s.org_id AND b.year_start = y.year_start
    WHERE s.wanted
    EXCEPT SELECT basis, metric_id, org_id, year_start FROM scope WHERE wanted
)
INSERT INTO work (basis, metric_id, org_id, start, dimset_id, scenario, metric_version, value, ytd, rolling, completeness,
    reason, reported, computed)
SELECT w.basis, k.metric_id, k.org_id, k.start, k.dimset_id, k.scenario, k.metric_version, k.value, k.ytd, k.rolling,
       k.completeness, k.reason, k.reported, false
FROM wanted AS w
JOIN ledger.period AS p ON p.grain = :grain AND p.year_start = w.year_start
JOIN ledger.kpi AS k ON k.metric_id = w.metric_id AND k.grain = :grain AND k.start = p.start AND k.org_id = w.org_id
    AND k.basis = w.basis AND k.superseded_at = 'infinity'
