-- One publication at a time, held to commit.
SELECT pg_advisory_xact_lock(hashtextextended('ledger.publish', 0))
