-- One acceptance at a time, from here to commit, and its moment: later than every one before it.
-- Grain: one row. A commit can't backdate itself, so an as-of reader never sees history change.
SELECT greatest(clock_timestamp(), (SELECT max(moment) + interval '1 microsecond' FROM (
           SELECT max(accepted_at) AS moment FROM ledger.submission
           UNION ALL SELECT max(superseded_at) FROM ledger.submission WHERE superseded_at < 'infinity') AS past)
       ) AS accepted_at
FROM pg_advisory_xact_lock(hashtextextended('ledger.accept', 0))
