-- Parts of the metrics in scope, each at every period of span that it bears on, and where in the tree it counts.
-- chain is the interval in which the unit's place in the tree doesn't change: a flow belongs to the parents of its own
-- month, a stock or year-to-date value to those at the period's end, or of the last month before the unit closed (at). point
-- is a month of the chain. hidden rows bear on the year so far only: a quarter's figure in its last month.
-- A part reported for no version belongs to the one in force in its month. is_last tells the values that a stock may take.
-- partner_id is the other unit of an amount to be eliminated, rival_id that of one that doesn't match; stretch is the interval in
-- which neither that unit's place (none, where it is gone) nor the reporting one's changes.
-- Grain: one row a basis x part x period.
CREATE TEMP TABLE placed ON COMMIT DROP AS
SELECT y.key, y.basis, y.tree, pt.metric_id, pt.org_id, pt.month, pt.dimset_id, pt.scenario,
       CASE WHEN kind.is_ytd THEN NULL ELSE pt.total END AS total,
       CASE WHEN kind.is_ytd THEN 0 ELSE pt.n END AS n,
       pt.smallest, pt.largest, pt.last_value, pt.last_date, kind.is_ytd, c.amount AS ytd, pt.quarter_total, pt.days, pt.weighted,
       pt.weight, pt.missing,
       s.year_start, s.start, s.last_month, s.before_last_month, s.last_day, s.months, s.inside, kind.at,
       :grain = 'M' AND pt.quarter_total IS NOT NULL AND pt.n = 0 AS hidden,
       v.version, v.over_time, v.over_org, v.consolidation, v.carry_forward, kind.is_last,
       f.version AS part_version, greatest(k.valid_from, o.valid_from, gone.since) AS stretch, k.valid_from AS chain,
       greatest(k.valid_from, s.start) AS point,
       CASE WHEN i.matched THEN i.partner_id END AS partner_id,
       CASE WHEN NOT i.matched THEN i.partner_id END AS rival_id
FROM reporting AS y
JOIN span AS s ON s.year_start = y.year_start
JOIN ledger.part AS pt ON pt.metric_id = y.metric_id AND pt.org_id = y.org_id AND pt.month = s.month
JOIN ledger.metric_version AS v ON v.metric_id = pt.metric_id
    AND (v.valid_from <= s.start AND s.start < v.valid_to) = (y.basis IN ('W', 'I', 'L', 'N'))
    AND (y.basis IN ('W', 'I', 'L', 'N') OR y.basis = 'V' || v.version)
JOIN ledger.metric_version AS f ON f.metric_id = pt.metric_id AND f.valid_from <= pt.month AND pt.month < f.valid_to
    AND (pt.for_version IN (0, f.version) AND y.basis IN ('W', 'I', 'L', 'N')
         OR y.basis NOT IN ('W', 'I', 'L', 'N') AND coalesce(nullif(pt.for_version, 0), f.version) = v.version)
LEFT JOIN so_far AS c ON c.metric_id = pt.metric_id AND c.org_id = pt.org_id AND c.month = pt.month
    AND c.dimset_id = pt.dimset_id AND c.scenario = pt.scenario AND c.for_version = pt.for_version
LEFT JOIN last_open AS z ON z.tree = y.tree AND z.org_id = pt.org_id
CROSS JOIN LATERAL (
    SELECT c.month IS NOT NULL AS is_ytd,
           pt.last_date IS NOT NULL AND CASE WHEN v.carry_forward IS NULL THEN pt.month = s.last_month
                                             ELSE pt.last_date >= s.last_day - v.carry_forward END AS is_last,
           CASE WHEN c.month IS NOT NULL THEN least(s.last_month, z.month)
                WHEN v.over_time = 'last' THEN s.last_month
                ELSE pt.month END AS at) AS kind
JOIN ledger.org_tree AS k ON k.tree = y.tree AND k.org_id = pt.org_id AND k.root AND kind.at >= k.valid_from AND kind.at < k.valid_to
LEFT JOIN intra_group AS i ON i.metric_id = pt.metric_id AND i.org_id = pt.org_id AND i.dimset_id = pt.dimset_id
    AND i.month = pt.month AND i.scenario = pt.scenario
LEFT JOIN ledger.org_tree AS o ON o.tree = y.tree AND o.org_id = i.partner_id AND o.root
    AND kind.at >= o.valid_from AND kind.at < o.valid_to
LEFT JOIN LATERAL (
    SELECT max(g.valid_to) AS since FROM ledger.org_tree AS g
    WHERE g.tree = y.tree AND g.org_id = i.partner_id AND g.root AND g.valid_to <= kind.at) AS gone ON i.partner_id IS NOT NULL
WHERE s.inside AND kind.at >= s.start
   OR kind.is_ytd AND pt.month = s.before_last_month AND kind.at >= s.start
   OR v.over_time = 'last' AND v.carry_forward IS NOT NULL AND kind.is_last
