-- Number new dimension sets and note what each adds to: itself, each dimension alone, the total {}.
-- Input: JSON texts. Rerun: no effect.
WITH wanted AS (
    SELECT DISTINCT item::jsonb AS dimensions FROM unnest(CAST(:dimensions AS text[]) || '{}'::text) AS item
), coarser AS (
    SELECT dimensions AS fine, dimensions AS coarse FROM wanted
    UNION SELECT dimensions, '{}'::jsonb FROM wanted
    UNION SELECT dimensions, jsonb_build_object(key, value) FROM wanted, jsonb_each(dimensions)
), added AS (
    INSERT INTO ledger.dimset (dimensions) SELECT DISTINCT coarse FROM coarser ORDER BY coarse
    ON CONFLICT (dimensions) DO NOTHING RETURNING dimset_id
)
SELECT count(*) FROM added
