-- Like for like, from the tree as it was: units that stand under an ancestor both in a month and in the same month a year
-- before. L holds them for the later of the two months, N for the earlier. A date a year on is the start of the first
-- period whose period a year ago doesn't begin before it.
WITH shifted AS (
    SELECT t.*, shift_from.date AS next_from, shift_to.date AS next_to
    FROM ledger.org_tree AS t
    CROSS JOIN LATERAL (SELECT coalesce((SELECT min(p.start) FROM ledger.period AS p
                                         WHERE p.grain = 'M' AND p.year_ago >= t.valid_from AND t.valid_from > DATE '0001-01-01'),
                                        t.valid_from) AS date) AS shift_from
    CROSS JOIN LATERAL (SELECT coalesce((SELECT min(p.start) FROM ledger.period AS p
                                         WHERE p.grain = 'M' AND p.year_ago >= t.valid_to AND t.valid_to < 'infinity'),
                                        t.valid_to) AS date) AS shift_to
    WHERE t.tree = 'W'
), back AS (
    SELECT t.*, shift_from.date AS past_from, shift_to.date AS past_to
    FROM ledger.org_tree AS t
    CROSS JOIN LATERAL (SELECT coalesce((SELECT min(p.year_ago) FROM ledger.period AS p
                                         WHERE p.grain = 'M' AND p.start >= t.valid_from AND t.valid_from > DATE '0001-01-01'),
                                        t.valid_from) AS date) AS shift_from
    CROSS JOIN LATERAL (SELECT coalesce((SELECT min(p.year_ago) FROM ledger.period AS p
                                         WHERE p.grain = 'M' AND p.start >= t.valid_to AND t.valid_to < 'infinity'),
                                        t.valid_to) AS date) AS shift_to
    WHERE t.tree = 'W'
)
INSERT INTO ledger.org_tree (tree, org_id, ancestor_id, depth, path, share, root, valid_from, valid_to)
SELECT 'L', t.org_id, t.ancestor_id, t.depth, t.path, t.share, t.root, greatest(t.valid_from, s.next_from),
       least(t.valid_to, s.next_to)
FROM ledger.org_tree AS t
JOIN shifted AS s ON s.org_id = t.org_id AND s.ancestor_id = t.ancestor_id
    AND s.next_from < t.valid_to AND t.valid_from < s.next_to
WHERE t.tree = 'W'
UNION ALL
SELECT 'N', t.org_id, t.ancestor_id, t.depth, t.path, t.share, t.root, greatest(t.valid_from, b.past_from),
       least(t.valid_to, b.past_to)
FROM ledger.org_tree AS t
JOIN back AS b ON b.org_id = t.org_id AND b.ancestor_id = t.ancestor_id
    AND b.past_from < t.valid_to AND t.valid_from < b.past_to
WHERE t.tree = 'W'
