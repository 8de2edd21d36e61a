-- Serialise loads of one source: two corrections of a slice at once have a defined winner. Held to commit.
SELECT pg_advisory_xact_lock(hashtextextended('ledger.source.' || :source, 0))
