-- Note the configuration that is now in force, and its calendar.
INSERT INTO ledger.configuration (fingerprint, calendar) VALUES (:fingerprint, :calendar)
ON CONFLICT (fingerprint) DO UPDATE SET published_at = clock_timestamp(), calendar = excluded.calendar
