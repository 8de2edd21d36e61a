-- Number new measures (source, sheet, label, unit). Rerun: no effect.
INSERT INTO ledger.measure (source, sheet, measure, unit)
SELECT DISTINCT :source, sheet, measure, unit
FROM unnest(CAST(:sheets AS text[]), CAST(:measures AS text[]), CAST(:units AS text[])) AS m (sheet, measure, unit)
ORDER BY 2, 3, 4
ON CONFLICT DO NOTHING
