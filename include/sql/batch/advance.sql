-- Note how far a batch has come; a final status also notes when, and stays.
UPDATE ledger.batch
SET status = :status, rows_read = coalesce(:rows_read, rows_read), failure = :failure,
    finished_at = CASE WHEN :status IN ('accepted', 'unchanged', 'refused', 'failed') THEN clock_timestamp() END
WHERE batch_id = :batch_id AND finished_at IS NULL
