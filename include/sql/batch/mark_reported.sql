-- Note that the outcome of a run's finished batches is being told. Grain: one row a batch that nobody has told of yet.
UPDATE ledger.batch SET reported = true WHERE run_id = :run_id AND finished_at IS NOT NULL AND NOT reported
RETURNING batch_id
