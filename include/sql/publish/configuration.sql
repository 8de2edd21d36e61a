-- Note the configuration that is now in force.
INSERT INTO ledger.configuration (fingerprint) VALUES (:fingerprint)
ON CONFLICT (fingerprint) DO UPDATE SET published_at = clock_timestamp()
