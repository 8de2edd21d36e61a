-- The intra-group pairs, each from both sides. Inputs: parallel arrays, one item a pair.
INSERT INTO ledger.elimination (metric_id, partner_metric_id, dimension, tolerance)
SELECT m.metric_id, p.metric_id, s.dimension, s.tolerance
FROM unnest(CAST(:metric AS text[]), CAST(:partner AS text[]), CAST(:dimension AS text[]), CAST(:tolerance AS numeric[]))
    AS g (one, other, dimension, tolerance)
CROSS JOIN LATERAL (VALUES (one, other, g.dimension, g.tolerance), (other, one, g.dimension, g.tolerance))
    AS s (metric, partner, dimension, tolerance)
JOIN ledger.metric AS m ON m.metric = s.metric
JOIN ledger.metric AS p ON p.metric = s.partner
