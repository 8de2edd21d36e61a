-- Where this load would make one number come from two places. Grain: one row a new slice, metric and rival.
-- Inputs: new_slice, new_coverage, :source. A rival is a current primary submission that this load doesn't replace.
WITH rival AS (
    SELECT s.submission_id, s.source, s.org_id, s.period, s.grain, s.period_start, s.period_stop
    FROM ledger.submission AS s
    WHERE s.superseded_at = 'infinity' AND s.authority = 'primary'
      AND NOT EXISTS (SELECT FROM new_slice AS n WHERE s.source = :source AND n.org_id = s.org_id AND n.period = s.period)
    UNION ALL
    SELECT submission_id, :source, org_id, period, grain, period_start, period_stop FROM new_slice
), mine AS (
    SELECT DISTINCT n.*, c.metric_id, c.scenario FROM new_slice AS n JOIN new_coverage AS c USING (submission_id)
), theirs AS (
    SELECT DISTINCT submission_id, metric_id, scenario FROM ledger.coverage
    UNION SELECT DISTINCT submission_id, metric_id, scenario FROM new_coverage
)
SELECT DISTINCT 'doubled_source' AS code, o.unit AS org, n.period, m.metric, r.source AS rival_source,
       ro.unit AS rival_org, r.period AS rival_period
FROM mine AS n
JOIN rival AS r ON r.org_id = n.org_id AND r.source <> :source
    AND r.period_start < n.period_stop AND n.period_start < r.period_stop
JOIN theirs AS t ON t.submission_id = r.submission_id AND t.metric_id = n.metric_id AND t.scenario = n.scenario
JOIN ledger.metric AS m ON m.metric_id = n.metric_id
JOIN ledger.org AS o ON o.org_id = n.org_id
JOIN ledger.org AS ro ON ro.org_id = r.org_id
UNION
SELECT DISTINCT 'doubled_parent', o.unit, n.period, m.metric, r.source, ro.unit, r.period
FROM mine AS n
JOIN ledger.org_tree AS k ON k.depth > 0 AND n.org_id IN (k.org_id, k.ancestor_id)
    AND k.valid_from < n.period_stop AND n.period_start < k.valid_to
JOIN rival AS r ON r.org_id = k.org_id + k.ancestor_id - n.org_id
    AND r.period_start < n.period_stop AND n.period_start < r.period_stop
JOIN theirs AS t ON t.submission_id = r.submission_id AND t.metric_id = n.metric_id AND t.scenario = n.scenario
JOIN ledger.metric AS m ON m.metric_id = n.metric_id
JOIN ledger.metric_version AS v ON v.metric_id = n.metric_id AND v.valid_from <= n.period_start
    AND n.period_start < v.valid_to AND v.over_org <> 'none'
JOIN ledger.org AS o ON o.org_id = n.org_id
JOIN ledger.org AS ro ON ro.org_id = r.org_id
UNION
SELECT DISTINCT 'slice_grain_changed', o.unit, n.period, '', s.source, o.unit, s.period
FROM new_slice AS n
JOIN ledger.submission AS s ON s.superseded_at = 'infinity' AND s.source = :source AND s.org_id = n.org_id
    AND s.grain <> n.grain AND s.period_start < n.period_stop AND n.period_start < s.period_stop
JOIN ledger.org AS o ON o.org_id = n.org_id
