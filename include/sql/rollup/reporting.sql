-- The units whose parts make what is in scope: those below its units, in their trees, at any time of the year.
-- Grain: one row a basis x metric x unit x fiscal year.
CREATE TEMP TABLE reporting ON COMMIT DROP AS
SELECT DISTINCT s.basis, s.tree, s.metric_id, k.org_id, s.year_start
FROM scope AS s
JOIN ledger.org_tree AS k ON k.tree = s.tree AND k.ancestor_id = s.org_id
WHERE s.wanted
