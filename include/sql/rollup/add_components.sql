-- Bring in, as they stand, the components of derived metrics in scope that are not recomputed themselves.
-- Inputs: pairs of numbers, as in scope_derived.sql. Rows brought in are not written back (computed is false).
INSERT INTO work (metric_id, org_id, start, dimset_id, scenario, metric_version, value, ytd, completeness, reason, reported, computed)
SELECT k.metric_id, k.org_id, k.start, k.dimset_id, k.scenario, k.metric_version, k.value, k.ytd, k.completeness,
       k.reason, k.reported, false
FROM ledger.kpi AS k
JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
WHERE k.superseded_at = 'infinity' AND k.grain = :grain
  AND EXISTS (SELECT FROM scope AS s
              JOIN unnest(CAST(:derived AS integer[]), CAST(:component AS integer[])) AS d (derived, component)
                  ON d.derived = s.metric_id
              WHERE d.component = k.metric_id AND s.org_id = k.org_id
                AND p.year_start BETWEEN s.year_start - (CASE WHEN :reach THEN 380 ELSE 0 END) AND s.year_start)
  AND NOT EXISTS (SELECT FROM scope AS s
                  WHERE s.metric_id = k.metric_id AND s.org_id = k.org_id AND s.year_start = p.year_start)
