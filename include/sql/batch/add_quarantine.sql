-- Keep which slices of a batch are held, with the number of their rows; a stage that runs again notes them once.
INSERT INTO ledger.quarantine (batch_id, unit, period, rows)
SELECT :batch_id, unit, period, rows
FROM unnest(CAST(:units AS text[]), CAST(:periods AS text[]), CAST(:rows AS bigint[])) AS held (unit, period, rows)
ON CONFLICT (batch_id, unit, period) DO NOTHING
