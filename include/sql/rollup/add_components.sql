-- Bring in, as they stand, the components of derived metrics in scope that are not recomputed themselves.
-- Inputs: pairs of numbers, as in scope_derived.sql. Rows brought in are not written back (computed is false). A basis
-- that makes no other KPI in some year has those of the tree as it was there; another definition version is computed on them.
WITH wanted AS (
    SELECT CASE WHEN s.basis IN ('I', 'L', 'N') THEN s.basis ELSE 'W' END AS basis, d.component AS metric_id, s.org_id,
           y.year_start
    FROM scope AS s
    JOIN unnest(CAST(:derived AS integer[]), CAST(:component AS integer[])) AS d (derived, component)
        ON d.derived = s.metric_id
    JOIN (SELECT DISTINCT year_start FROM ledger.period WHERE grain = 'M') AS y
        ON y.year_start = s.year_start OR (:reach AND y.year_start BETWEEN s.year_start - 380 AND s.year_start)
    WHERE s.wanted
    EXCEPT SELECT basis, metric_id, org_id, year_start FROM scope WHERE wanted
), standing_as AS (
    SELECT w.*, CASE WHEN w.basis = 'W' OR b.tree IS NOT NULL THEN w.basis ELSE 'W' END AS stands_as
    FROM wanted AS w
    LEFT JOIN ledger.basis_year AS b ON b.tree = w.basis AND b.org_id = w.org_id AND b.year_start = w.year_start
)
INSERT INTO work (basis, metric_id, org_id, start, dimset_id, scenario, metric_version, value, ytd, rolling, completeness,
    reason, reported, computed)
SELECT w.basis, k.metric_id, k.org_id, k.start, k.dimset_id, k.scenario, k.metric_version, k.value, k.ytd, k.rolling,
       k.completeness, k.reason, k.reported, false
FROM standing_as AS w
JOIN ledger.period AS p ON p.grain = :grain AND p.year_start = w.year_start
JOIN ledger.kpi AS k ON k.metric_id = w.metric_id AND k.grain = :grain AND k.start = p.start AND k.org_id = w.org_id
    AND k.basis = w.stands_as AND k.superseded_at = 'infinity'
