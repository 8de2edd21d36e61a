-- Parts of the metrics in scope, each at every period of span that it bears on, and where in the tree it counts.
-- chain is the interval in which the unit's place in the tree doesn't change: a flow belongs to the parents of its own
-- month, a stock or year-to-date value to those at the period's end. point is a month of the chain.
-- Grain: one row a part x period.
CREATE TEMP TABLE placed ON COMMIT DROP AS
SELECT pt.*, s.year_start, s.start, s.last_month, s.before_last_month, s.months, s.inside, v.version, v.over_time, v.over_org,
       k.valid_from AS chain, greatest(k.valid_from, s.start) AS point
FROM (SELECT DISTINCT metric_id, year_start FROM scope) AS y
JOIN ledger.period AS m ON m.grain = 'M' AND m.year_start = y.year_start
JOIN ledger.part AS pt ON pt.metric_id = y.metric_id AND pt.month = m.start
JOIN span AS s ON s.month = pt.month
JOIN ledger.metric_version AS v ON v.metric_id = pt.metric_id AND v.valid_from <= s.start AND s.start < v.valid_to
JOIN ledger.org_tree AS k ON k.org_id = pt.org_id AND k.root
    AND CASE WHEN v.over_time = 'last' OR pt.ytd IS NOT NULL THEN s.last_month ELSE pt.month END >= k.valid_from
    AND CASE WHEN v.over_time = 'last' OR pt.ytd IS NOT NULL THEN s.last_month ELSE pt.month END < k.valid_to
