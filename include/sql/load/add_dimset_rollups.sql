-- Fill ledger.dimset_rollup for sets that have none. Rerun: no effect.
INSERT INTO ledger.dimset_rollup (dimset_id, coarser_id)
SELECT fine.dimset_id, coarse.dimset_id
FROM ledger.dimset AS fine
JOIN ledger.dimset AS coarse ON coarse.dimensions IN (
    SELECT '{}'::jsonb UNION SELECT fine.dimensions
    UNION SELECT jsonb_build_object(key, value) FROM jsonb_each(fine.dimensions))
WHERE NOT EXISTS (SELECT FROM ledger.dimset_rollup AS r WHERE r.dimset_id = fine.dimset_id)
ON CONFLICT DO NOTHING
