-- The tree as it was: every unit under every ancestor, for the interval in which the whole chain holds. A unit that opens
-- within a period counts from the period's first day on, as figures are kept by period.
WITH RECURSIVE line AS (
    SELECT l.org_id, l.parent_id, l.ownership, l.valid_to,
           coalesce((SELECT p.start FROM ledger.period AS p
                     WHERE p.grain = 'M' AND p.start <= l.valid_from AND l.valid_from < p.stop), l.valid_from) AS valid_from
    FROM ledger.org_line AS l
), chain AS (
    SELECT l.org_id, l.org_id AS ancestor_id, 0 AS depth, '/' || o.unit AS path, l.parent_id, l.valid_from, l.valid_to,
           1::numeric AS share, l.ownership
    FROM line AS l JOIN ledger.org AS o USING (org_id)
    UNION ALL
    SELECT c.org_id, l.org_id, c.depth + 1, '/' || o.unit || c.path, l.parent_id,
           greatest(c.valid_from, l.valid_from), least(c.valid_to, l.valid_to), c.share * c.ownership, l.ownership
    FROM chain AS c
    JOIN line AS l ON l.org_id = c.parent_id AND l.valid_from < c.valid_to AND c.valid_from < l.valid_to
    JOIN ledger.org AS o ON o.org_id = l.org_id
    WHERE c.depth < 100
)
INSERT INTO ledger.org_tree (tree, org_id, ancestor_id, depth, path, share, root, valid_from, valid_to)
SELECT 'W', org_id, ancestor_id, depth, path, trim_scale(share), parent_id IS NULL, valid_from, valid_to FROM chain
