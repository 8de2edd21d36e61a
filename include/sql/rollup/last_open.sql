-- The last base period in which each unit that closes stands in a tree. Grain: one row a tree x unit that closes.
CREATE TEMP TABLE last_open ON COMMIT DROP AS
SELECT c.tree, c.org_id, max(m.start) AS month
FROM (SELECT tree, org_id, max(valid_to) AS closes FROM ledger.org_tree WHERE root GROUP BY tree, org_id) AS c
JOIN ledger.period AS m ON m.grain = 'M' AND m.start < c.closes
WHERE c.closes < 'infinity'
GROUP BY c.tree, c.org_id
