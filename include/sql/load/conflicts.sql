-- Where this load would make one number come from two places. Grain: one row a new slice, metric and rival.
-- Inputs: new_slice, new_coverage, :source. A rival is a current primary submission that this load doesn't replace, at
-- the same unit or above or below it; only those near this load are looked at, however many the ledger holds.
WITH mine AS MATERIALIZED (
    SELECT DISTINCT n.submission_id, n.org_id, n.period, n.period_start, n.period_stop, c.metric_id, c.scenario
    FROM new_slice AS n JOIN new_coverage AS c USING (submission_id)
), related AS MATERIALIZED (
    SELECT DISTINCT n.org_id, k.org_id + k.ancestor_id - n.org_id AS rival_id, k.valid_from, k.valid_to, k.depth
    FROM (SELECT DISTINCT org_id FROM new_slice) AS n
    JOIN ledger.org_tree AS k ON k.tree = 'W' AND n.org_id IN (k.org_id, k.ancestor_id)
), standing AS MATERIALIZED (
    SELECT s.submission_id, s.source, s.org_id, s.period, s.period_start, s.period_stop
    FROM ledger.submission AS s
    WHERE s.superseded_at = 'infinity' AND s.authority = 'primary'
      AND s.org_id IN (SELECT rival_id FROM related UNION SELECT org_id FROM new_slice)
      AND s.period_start < (SELECT max(period_stop) FROM new_slice)
      AND s.period_stop > (SELECT min(period_start) FROM new_slice)
      AND NOT EXISTS (SELECT FROM new_slice AS n
                      WHERE s.source = :source AND n.org_id = s.org_id AND n.period = s.period)
), theirs AS MATERIALIZED (
    SELECT DISTINCT s.*, c.metric_id, c.scenario
    FROM standing AS s JOIN ledger.coverage AS c USING (submission_id)
    UNION ALL
    SELECT submission_id, :source, org_id, period, period_start, period_stop, metric_id, scenario FROM mine
), clash AS (
    SELECT 'doubled_source' AS code, n.org_id, n.period, n.metric_id, t.source, t.org_id AS rival_id, t.period AS rival_period
    FROM mine AS n
    JOIN theirs AS t ON t.org_id = n.org_id AND t.metric_id = n.metric_id AND t.scenario = n.scenario
        AND t.source <> :source AND t.period_start < n.period_stop AND n.period_start < t.period_stop
    UNION
    SELECT 'doubled_parent', n.org_id, n.period, n.metric_id, t.source, t.org_id, t.period
    FROM mine AS n
    JOIN related AS k ON k.org_id = n.org_id AND k.depth > 0
        AND k.valid_from < n.period_stop AND n.period_start < k.valid_to
    JOIN theirs AS t ON t.org_id = k.rival_id AND t.metric_id = n.metric_id AND t.scenario = n.scenario
        AND t.period_start < n.period_stop AND n.period_start < t.period_stop
        AND t.period_start < k.valid_to AND k.valid_from < t.period_stop
    JOIN ledger.metric_version AS v ON v.metric_id = n.metric_id AND v.valid_from <= n.period_start
        AND n.period_start < v.valid_to AND v.over_org <> 'none'
    UNION
    -- A month and the quarter that holds it, in one delivery: slices of one grain never overlap.
    SELECT 'slice_grain_changed', n.org_id, n.period, n.metric_id, :source, o.org_id, o.period
    FROM mine AS n
    JOIN mine AS o ON o.org_id = n.org_id AND o.metric_id = n.metric_id AND o.scenario = n.scenario
        AND o.period <> n.period AND o.period_start < n.period_stop AND n.period_start < o.period_stop
)
SELECT c.code, o.unit AS org, c.period, m.metric, c.source AS rival_source, r.unit AS rival_org, c.rival_period
FROM clash AS c
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.org AS o ON o.org_id = c.org_id
JOIN ledger.org AS r ON r.org_id = c.rival_id
UNION
SELECT 'slice_grain_changed', o.unit, n.period, '', s.source, o.unit, s.period
FROM new_slice AS n
JOIN ledger.submission AS s ON s.superseded_at = 'infinity' AND s.source = :source AND s.org_id = n.org_id
    AND s.grain <> n.grain AND s.period_start < n.period_stop AND n.period_start < s.period_stop
JOIN ledger.org AS o ON o.org_id = n.org_id
ORDER BY 1, 2, 3, 4
