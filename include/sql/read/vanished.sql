-- Totals whose KPI row has ended without another in its place, as all their facts were taken out: their last value and until
-- when it stood. Inputs that are null don't filter. Grain: one row an org unit x period.
SELECT o.unit AS org, p.period, k.value, k.superseded_at AS until
FROM (SELECT DISTINCT ON (k.org_id, k.start) k.*
      FROM ledger.kpi AS k JOIN ledger.metric AS m USING (metric_id) JOIN ledger.dimset AS d USING (dimset_id)
      WHERE m.metric = :metric AND k.grain = :grain AND k.basis = 'W' AND k.scenario = 'A' AND d.dimensions = '{}'::jsonb
      ORDER BY k.org_id, k.start, k.superseded_at DESC) AS k
JOIN ledger.org AS o USING (org_id)
JOIN ledger.period AS p USING (grain, start)
WHERE k.superseded_at < 'infinity' AND k.value IS NOT NULL
  AND (CAST(:org AS text) IS NULL OR o.unit = :org)
  AND (CAST(:period AS text) IS NULL OR p.period = :period)
  AND (CAST(:year AS integer) IS NULL OR p.year = :year)
ORDER BY o.unit, p.start
