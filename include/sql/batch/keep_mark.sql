-- Let the high-water mark stand where it was: a slice of this batch is held, and is to be asked for again.
UPDATE ledger.batch SET mark = NULL WHERE batch_id = :batch_id
