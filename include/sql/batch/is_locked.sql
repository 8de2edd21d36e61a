-- Whether anybody holds a warehouse-wide lock: it can't be had for a moment. Grain: one row.
SELECT NOT pg_try_advisory_xact_lock(hashtextextended('ledger.' || :lock, 0))
