-- Note that the outcome of a run's batches was told.
UPDATE ledger.batch SET reported = true WHERE run_id = :run_id AND finished_at IS NOT NULL
