-- The current facts behind a KPI: of its metric, or of the base metrics it is made of, from the units below it in each
-- month; year-to-date values also of the month before the period, as the difference takes both.
-- Grain: one row a fact.
SELECT f.*
FROM ledger.period AS p
JOIN bi.fact AS f ON f.month BETWEEN coalesce(p.before_last_month, p.start) AND p.last_month
    AND (f.month >= p.start OR f.reported_as = 'ytd')
WHERE p.period = :period AND f.metric = ANY(CAST(:metrics AS text[])) AND f.counts AND f.scenario = 'actual'
  AND EXISTS (SELECT FROM ledger.org_tree AS k JOIN ledger.org AS o ON o.org_id = k.org_id
              JOIN ledger.org AS a ON a.org_id = k.ancestor_id
              WHERE o.unit = f.org AND a.unit = :org AND f.month >= k.valid_from AND f.month < k.valid_to)
ORDER BY f.metric, f.org, f.date, f.submission, f.sheet, f.cell
