-- Every unit under every ancestor, for the interval in which the whole chain holds.
WITH RECURSIVE chain AS (
    SELECT l.org_id, l.org_id AS ancestor_id, 0 AS depth, '/' || o.unit AS path, l.parent_id, l.valid_from, l.valid_to
    FROM ledger.org_line AS l JOIN ledger.org AS o USING (org_id)
    UNION ALL
    SELECT c.org_id, l.org_id, c.depth + 1, '/' || o.unit || c.path, l.parent_id,
           greatest(c.valid_from, l.valid_from), least(c.valid_to, l.valid_to)
    FROM chain AS c
    JOIN ledger.org_line AS l ON l.org_id = c.parent_id AND l.valid_from < c.valid_to AND c.valid_from < l.valid_to
    JOIN ledger.org AS o ON o.org_id = l.org_id
    WHERE c.depth < 100
)
INSERT INTO ledger.org_tree (org_id, ancestor_id, depth, path, root, valid_from, valid_to)
SELECT org_id, ancestor_id, depth, path, parent_id IS NULL, valid_from, valid_to FROM chain
