-- Note the configuration that is now in force, its calendar, and the day whose tree stands for today's.
INSERT INTO ledger.configuration (fingerprint, calendar, tree_of) VALUES (:fingerprint, :calendar, :today)
ON CONFLICT (fingerprint) DO UPDATE
SET published_at = clock_timestamp(), calendar = excluded.calendar, tree_of = excluded.tree_of
