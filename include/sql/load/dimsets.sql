-- Numbers of the given dimension sets. Grain: one row a text asked for.
SELECT item AS dimensions, d.dimset_id
FROM unnest(CAST(:dimensions AS text[])) AS item JOIN ledger.dimset AS d ON d.dimensions = item::jsonb
