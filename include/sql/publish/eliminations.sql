-- The pairs of eliminations.yaml, each given in both directions.
INSERT INTO ledger.elimination (metric_id, partner_metric_id, dimension, tolerance)
SELECT m.metric_id, p.metric_id, e.dimension, e.tolerance
FROM unnest(CAST(:metric AS text[]), CAST(:partner AS text[]), CAST(:dimension AS text[]), CAST(:tolerance AS numeric[]))
    AS e (metric, partner, dimension, tolerance)
JOIN ledger.metric AS m ON m.metric = e.metric
JOIN ledger.metric AS p ON p.metric = e.partner
