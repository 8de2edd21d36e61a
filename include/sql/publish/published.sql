-- Fingerprint of the configuration in force and the calendar published with it; no row in a new warehouse.
SELECT fingerprint, calendar FROM ledger.configuration ORDER BY published_at DESC LIMIT 1
