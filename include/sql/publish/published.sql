-- Fingerprint of the configuration in force; no row in a new warehouse.
SELECT fingerprint FROM ledger.configuration ORDER BY published_at DESC LIMIT 1
