-- The moment of this acceptance, under the lock of lock_accept.sql: later than every one before it, whatever the clock says.
-- Grain: one row. A commit can't backdate itself, so an as-of reader never sees history change.
SELECT greatest(clock_timestamp(), max(moment) + interval '1 microsecond') AS accepted_at
FROM (SELECT max(accepted_at) AS moment FROM ledger.submission
      UNION ALL SELECT max(superseded_at) FROM ledger.submission WHERE superseded_at < 'infinity') AS past
