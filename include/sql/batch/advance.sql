-- Note how far a batch has come; a final status also notes when, and stays. Rows of a refused or failed batch are held,
-- those of one that ends well are accepted but for :rows_held.
UPDATE ledger.batch
SET status = :status, rows_read = coalesce(:rows_read, rows_read), failure = :failure,
    rows_accepted = CASE WHEN :status IN ('accepted', 'unchanged') THEN rows_read - coalesce(:rows_held, 0)
                         WHEN :status IN ('refused', 'failed') THEN rows_read - rows_read END,
    rows_held = CASE WHEN :status IN ('accepted', 'unchanged') THEN rows_read - rows_read + coalesce(:rows_held, 0)
                     WHEN :status IN ('refused', 'failed') THEN rows_read END,
    slices_unchanged = :slices_unchanged,
    finished_at = CASE WHEN :status IN ('accepted', 'unchanged', 'refused', 'failed') THEN clock_timestamp() END
WHERE batch_id = :batch_id AND finished_at IS NULL
