-- The units in scope that each reporting unit counts in, itself among them, and when. Grain: one row a key of reporting x
-- ancestor x interval. A metric that doesn't add up over units counts in itself only.
CREATE TEMP TABLE raising ON COMMIT DROP AS
SELECT r.key, k.ancestor_id, k.depth, k.share, k.valid_from, k.valid_to
FROM reporting AS r
JOIN ledger.org_tree AS k ON k.tree = r.tree AND k.org_id = r.org_id
JOIN scope AS s ON s.basis = r.basis AND s.metric_id = r.metric_id AND s.year_start = r.year_start
    AND s.tree = r.tree AND s.org_id = k.ancestor_id AND s.wanted
WHERE k.depth = 0
   OR EXISTS (SELECT FROM ledger.metric_version AS v WHERE v.metric_id = r.metric_id AND v.over_org <> 'none')
