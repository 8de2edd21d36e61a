-- Numbers of org units and metrics by their ids. Grain: one row a thing.
SELECT 'org' AS kind, unit AS id, org_id AS number FROM ledger.org
UNION ALL SELECT 'metric', metric, metric_id FROM ledger.metric
