-- End the current KPI rows in scope that are no longer so: changed, or vanished. Grain: the count of rows.
UPDATE ledger.kpi AS k SET superseded_at = :computed_at
FROM scope AS s, ledger.period AS p
WHERE k.superseded_at = 'infinity' AND k.grain = :grain AND p.grain = k.grain AND p.start = k.start
  AND s.metric_id = k.metric_id AND s.org_id = k.org_id AND s.year_start = p.year_start
  AND NOT EXISTS (
      SELECT FROM work AS w
      WHERE w.computed AND w.metric_id = k.metric_id AND w.org_id = k.org_id AND w.start = k.start
        AND w.dimset_id = k.dimset_id AND w.scenario = k.scenario AND w.metric_version = k.metric_version
        AND w.value IS NOT DISTINCT FROM k.value AND w.ytd IS NOT DISTINCT FROM k.ytd
        AND w.completeness IS NOT DISTINCT FROM k.completeness AND w.reason IS NOT DISTINCT FROM k.reason)
