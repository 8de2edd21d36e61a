-- The current facts behind a KPI: of its metric, or of the base metrics it is made of, from the units below it. A flow
-- counts in its month; a stock at the period's last month; of year-to-date values the period's last and the last one before
-- it, as the difference takes both; both under the tree of the period's last month. Grain: one row a fact.
SELECT f.*
FROM ledger.period AS p
JOIN bi.fact AS f ON f.month BETWEEN coalesce(p.before_last_month, p.start) AND p.last_month
JOIN ledger.metric AS m ON m.metric = f.metric
JOIN ledger.metric_version AS v ON v.metric_id = m.metric_id AND v.valid_from <= p.start AND p.start < v.valid_to
CROSS JOIN LATERAL (SELECT f.reported_as = 'ytd' AS is_ytd, v.over_time = 'last' AND f.reported_as <> 'ytd' AS is_last) AS kind
WHERE p.period = :period AND f.metric = ANY(CAST(:metrics AS text[])) AND f.counts AND f.scenario = 'actual'
  AND CASE WHEN is_ytd THEN f.month IN (p.last_month, p.before_last_month)
           WHEN is_last THEN f.month = p.last_month
           ELSE f.month >= p.start END
  AND EXISTS (SELECT FROM ledger.org_tree AS k JOIN ledger.org AS o ON o.org_id = k.org_id
              JOIN ledger.org AS a ON a.org_id = k.ancestor_id
              WHERE k.tree = 'W' AND o.unit = f.org AND a.unit = :org
                AND CASE WHEN is_ytd OR is_last THEN p.last_month ELSE f.month END >= k.valid_from
                AND CASE WHEN is_ytd OR is_last THEN p.last_month ELSE f.month END < k.valid_to)
ORDER BY f.metric, f.org, f.date, f.submission, f.sheet, f.cell
