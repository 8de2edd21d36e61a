-- The units whose parts make what is in scope, or that owe it: those below its units, in their trees, at any time. key numbers
-- them, so that the joins that follow are on one column and the planner sees how many rows they make.
-- Grain: one row a basis x metric x unit x fiscal year.
CREATE TEMP TABLE reporting ON COMMIT DROP AS
WITH below AS MATERIALIZED (
    SELECT DISTINCT s.basis, s.tree, s.metric_id, k.org_id, s.year_start
    FROM scope AS s
    JOIN ledger.org_tree AS k ON k.tree = s.tree AND k.ancestor_id = s.org_id
    WHERE s.wanted
)
SELECT row_number() OVER () AS key, b.*
FROM below AS b
WHERE EXISTS (SELECT FROM (SELECT metric_id, org_id FROM ledger.part
                           UNION ALL SELECT metric_id, org_id FROM ledger.expectation) AS r
              WHERE r.metric_id = b.metric_id AND r.org_id = b.org_id)
