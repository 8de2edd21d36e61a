-- Note the kinds of value of a system's columns, as JSON; a rerun writes the same.
UPDATE ledger.batch SET shape = CAST(:shape AS jsonb) WHERE batch_id = :batch_id
