-- Note the configuration that is now in force, and the day whose tree stands for today's.
INSERT INTO ledger.configuration (fingerprint, tree_of) VALUES (:fingerprint, :today)
ON CONFLICT (fingerprint) DO UPDATE SET published_at = clock_timestamp(), tree_of = excluded.tree_of
