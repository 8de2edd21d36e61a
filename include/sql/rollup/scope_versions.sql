-- Add every definition version of the metrics in scope that have several: the periods in which it isn't in force are
-- computed by it too, as bases V1, V2 ... of the tree as it was.
INSERT INTO scope
SELECT DISTINCT 'V' || v.version, 'W', s.metric_id, s.org_id, s.year_start, true
FROM scope AS s
JOIN ledger.metric_version AS v USING (metric_id)
WHERE s.basis = 'W' AND s.wanted
  AND EXISTS (SELECT FROM ledger.metric_version AS o WHERE o.metric_id = v.metric_id AND o.version <> v.version)
