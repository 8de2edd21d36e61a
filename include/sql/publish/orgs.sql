-- Org units by id, with their names. Rerun: names are brought up to date.
INSERT INTO ledger.org (unit, name_zh, name_en)
SELECT * FROM unnest(CAST(:unit AS text[]), CAST(:name_zh AS text[]), CAST(:name_en AS text[]))
ON CONFLICT (unit) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en
