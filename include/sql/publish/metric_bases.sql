-- The reported metrics that each definition is made of. Inputs: parallel arrays, one item a definition and base metric.
INSERT INTO ledger.metric_base (metric_id, version, base_id, role)
SELECT m.metric_id, g.version, b.metric_id, g.role
FROM unnest(CAST(:metric AS text[]), CAST(:version AS integer[]), CAST(:base AS text[]), CAST(:role AS text[]))
    AS g (metric, version, base, role)
JOIN ledger.metric AS m ON m.metric = g.metric
JOIN ledger.metric AS b ON b.metric = g.base
