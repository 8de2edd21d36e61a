-- The slice that a withdrawal puts back, as a slice of this load.
INSERT INTO new_slice (submission_id, org_id, period, grain, period_start, period_stop, cells_hash, facts, records)
SELECT :successor, org_id, period, grain, period_start, period_stop, cells_hash, facts, records
FROM ledger.submission WHERE submission_id = :earlier
