-- Batches of a source that a killed run left between two stages; the next run takes them on under its own name.
-- Grain: one row a batch.
UPDATE ledger.batch SET run_id = :run_id, run_url = :run_url
WHERE source = :source AND finished_at IS NULL AND archive_uri IS NOT NULL
RETURNING batch_id
