-- Take all touched quarters off the list; month is the start of the quarter. As drain_month.sql.
CREATE TEMP TABLE touched_cause ON COMMIT DROP AS
WITH drained AS (DELETE FROM ledger.touched_quarter RETURNING metric_id, org_id, month, submission_id, cause)
SELECT DISTINCT metric_id, org_id, month, submission_id, cause FROM drained
