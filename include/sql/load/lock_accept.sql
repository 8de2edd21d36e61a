-- One acceptance at a time, from here to commit. Its moment is read by moment.sql, a statement of its own: one that
-- waited here would still see the ledger as it was before the wait.
SELECT pg_advisory_xact_lock(hashtextextended('ledger.accept', 0))
