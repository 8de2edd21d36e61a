-- The delivery that a batch repeats byte for byte, the newest before it. Grain: at most one row.
SELECT e.filename, e.started_at FROM ledger.batch AS b
JOIN ledger.batch AS e ON e.source = b.source AND e.content_hash = b.content_hash AND e.batch_id < b.batch_id
    AND e.status IN ('accepted', 'unchanged')
WHERE b.batch_id = :batch_id AND b.replays IS NULL ORDER BY e.batch_id DESC LIMIT 1
