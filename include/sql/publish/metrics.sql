-- Metric ids. Rerun: no effect.
INSERT INTO ledger.metric (metric) SELECT * FROM unnest(CAST(:metric AS text[])) ON CONFLICT DO NOTHING
