-- What a system's answer looked like: drift is found by comparing it with the next one's.
ALTER TABLE ledger.batch ADD COLUMN shape jsonb;
COMMENT ON COLUMN ledger.batch.shape IS 'Of a system: the kind of value of each column, {"amount": "decimal"}; empty where none was seen';
