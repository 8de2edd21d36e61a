-- Note that a file which no source collects is being told; false where it was told already. Grain: at most one row.
INSERT INTO ledger.stray (place, version) VALUES (:place, :version) ON CONFLICT DO NOTHING RETURNING true
