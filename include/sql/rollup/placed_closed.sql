-- Add what closed units have reported as year-to-date before: hidden rows in the later periods of the fiscal year, so that
-- the year so far of the units above keeps them. Grain: as placed.
INSERT INTO placed (key, basis, tree, metric_id, org_id, month, dimset_id, scenario, n, is_ytd, ytd, year_start, start, last_month,
    before_last_month, last_day, months, inside, at, hidden, version, over_time, over_org, consolidation, is_last, part_version,
    stretch, chain, point)
SELECT y.key, y.basis, y.tree, c.metric_id, c.org_id, z.month, c.dimset_id, c.scenario, 0, true, c.amount, s.year_start, s.start,
       s.last_month, s.before_last_month, s.stop - 1, s.months, false, z.month, true, v.version, v.over_time, v.over_org,
       v.consolidation, false, v.version, k.valid_from, k.valid_from, z.month
FROM reporting AS y
JOIN last_open AS z ON z.tree = y.tree AND z.org_id = y.org_id AND z.month >= y.year_start
JOIN ledger.period AS s ON s.grain = :grain AND s.year_start = y.year_start AND s.start > z.month
JOIN so_far AS c ON c.metric_id = y.metric_id AND c.org_id = y.org_id AND c.month = z.month
JOIN ledger.metric_version AS v ON v.metric_id = c.metric_id AND v.valid_from <= s.start AND s.start < v.valid_to
JOIN ledger.org_tree AS k ON k.tree = y.tree AND k.org_id = c.org_id AND k.root AND z.month >= k.valid_from AND z.month < k.valid_to
WHERE y.basis IN ('W', 'I', 'L', 'N') AND c.for_version IN (0, v.version)
