-- Where a tree puts other units under an ancestor than the tree as it was, or with another share: each fiscal year in which
-- it does on any day, and the year after, whose figures over twelve months and differences reach back.
WITH edge AS (
    SELECT org_id, ancestor_id, valid_from AS day FROM ledger.org_tree
    UNION SELECT org_id, ancestor_id, valid_to FROM ledger.org_tree
), piece AS (
    SELECT org_id, ancestor_id, day AS valid_from,
           lead(day) OVER (PARTITION BY org_id, ancestor_id ORDER BY day) AS valid_to
    FROM edge
), differs AS (
    SELECT t.tree, p.ancestor_id, p.valid_from, p.valid_to
    FROM piece AS p
    CROSS JOIN (VALUES ('I'), ('L'), ('N')) AS t (tree)
    LEFT JOIN ledger.org_tree AS w ON w.tree = 'W' AND w.org_id = p.org_id AND w.ancestor_id = p.ancestor_id
        AND w.valid_from <= p.valid_from AND p.valid_from < w.valid_to
    LEFT JOIN ledger.org_tree AS x ON x.tree = t.tree AND x.org_id = p.org_id AND x.ancestor_id = p.ancestor_id
        AND x.valid_from <= p.valid_from AND p.valid_from < x.valid_to
    WHERE p.valid_to IS NOT NULL AND w.share IS DISTINCT FROM x.share
), year AS (
    SELECT year_start, max(stop) AS stop FROM ledger.period WHERE grain = 'M' GROUP BY year_start
)
INSERT INTO ledger.basis_year (tree, org_id, year_start)
SELECT d.tree, d.ancestor_id, y.year_start
FROM differs AS d JOIN year AS y ON y.year_start < d.valid_to AND d.valid_from < y.stop
UNION
SELECT d.tree, d.ancestor_id, y.stop
FROM differs AS d JOIN year AS y ON y.year_start < d.valid_to AND d.valid_from < y.stop
