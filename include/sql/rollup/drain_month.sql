-- Take all touched months off the list. Grain: one row a metric x reporting unit x month x cause.
-- In one transaction with the recomputation: a crash puts them back.
CREATE TEMP TABLE touched_cause ON COMMIT DROP AS
WITH drained AS (DELETE FROM ledger.touched_month RETURNING metric_id, org_id, month, submission_id, cause)
SELECT DISTINCT metric_id, org_id, month, submission_id, cause FROM drained
