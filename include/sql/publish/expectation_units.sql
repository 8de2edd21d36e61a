-- The listed units owe a source's metrics, for as long as they are in the tree: the whole period in which they open, as the
-- tree counts them from its first day on.
INSERT INTO ledger.expectation (metric_id, org_id, valid_from, valid_to)
SELECT DISTINCT m.metric_id, l.org_id, coalesce(p.start, l.valid_from), l.valid_to
FROM ledger.org_line AS l JOIN ledger.org AS o USING (org_id)
JOIN ledger.metric AS m ON m.metric = ANY(CAST(:metrics AS text[]))
LEFT JOIN ledger.period AS p ON p.grain = 'M' AND p.start <= l.valid_from AND l.valid_from < p.stop
WHERE o.unit = ANY(CAST(:units AS text[])) OR l.level = :level
