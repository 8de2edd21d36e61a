-- The tree as it stands on the day :today, for all time: a unit in force stands where it does that day; one that was merged
-- below the unit that it became part of; one that is closed, or not open yet, below its nearest parent.
WITH RECURSIVE line AS (
    SELECT DISTINCT ON (l.org_id) l.org_id, l.ownership,
           CASE WHEN l.valid_to <= :today THEN coalesce(l.into_id, l.parent_id) ELSE l.parent_id END AS parent_id
    FROM ledger.org_line AS l
    ORDER BY l.org_id, (l.valid_from <= :today AND :today < l.valid_to) DESC, (l.valid_to <= :today) DESC,
             CASE WHEN l.valid_to <= :today THEN l.valid_to END DESC NULLS LAST, l.valid_from
), chain AS (
    SELECT l.org_id, l.org_id AS ancestor_id, 0 AS depth, '/' || o.unit AS path, l.parent_id, 1::numeric AS share, l.ownership
    FROM line AS l JOIN ledger.org AS o USING (org_id)
    UNION ALL
    SELECT c.org_id, l.org_id, c.depth + 1, '/' || o.unit || c.path, l.parent_id, c.share * c.ownership, l.ownership
    FROM chain AS c
    JOIN line AS l ON l.org_id = c.parent_id
    JOIN ledger.org AS o ON o.org_id = l.org_id
    WHERE c.depth < 100
)
INSERT INTO ledger.org_tree (tree, org_id, ancestor_id, depth, path, share, root, valid_from, valid_to)
SELECT 'I', org_id, ancestor_id, depth, path, trim_scale(share), parent_id IS NULL, DATE '0001-01-01', 'infinity' FROM chain
