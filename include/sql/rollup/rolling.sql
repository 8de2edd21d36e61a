-- Month KPIs over the :periods months that end with each: null unless all of them have a value. Values of the fiscal year
-- before as they stand where it isn't recomputed too, and of the tree as it was where the tree makes no other KPI there.
-- Grain: one row of work a month KPI of a reported metric, updated.
WITH numbered AS (
    SELECT start, year_start, row_number() OVER (ORDER BY start)::integer AS place FROM ledger.period WHERE grain = 'M'
), earlier AS (
    SELECT DISTINCT s.basis, s.metric_id, s.org_id, b.year_start,
           CASE WHEN s.basis NOT IN ('I', 'L', 'N') OR y.tree IS NOT NULL THEN s.basis ELSE 'W' END AS stands_as
    FROM scope AS s
    JOIN ledger.period AS p ON p.grain = 'M' AND p.start = s.year_start
    JOIN ledger.period AS a ON a.grain = 'M' AND a.start = p.previous
    JOIN ledger.period AS b ON b.grain = 'M' AND b.start = a.year_start
    LEFT JOIN ledger.basis_year AS y ON y.tree = s.basis AND y.org_id = s.org_id AND y.year_start = b.year_start
    WHERE s.wanted AND NOT EXISTS (SELECT FROM scope AS o WHERE o.basis = s.basis AND o.metric_id = s.metric_id
                                   AND o.org_id = s.org_id AND o.year_start = b.year_start AND o.wanted)
), months AS (
    SELECT basis, metric_id, org_id, dimset_id, scenario, start, value, weighted, weight, true AS computed FROM work
    UNION ALL
    SELECT e.basis, w.metric_id, w.org_id, w.dimset_id, w.scenario, w.start, w.value, w.weighted, w.weight, false
    FROM earlier AS e
    JOIN numbered AS n ON n.year_start = e.year_start
    JOIN work AS w ON w.basis = e.stands_as AND w.metric_id = e.metric_id AND w.org_id = e.org_id AND w.start = n.start
    UNION ALL
    SELECT e.basis, k.metric_id, k.org_id, k.dimset_id, k.scenario, k.start, k.value, k.weighted, k.weight, false
    FROM earlier AS e
    JOIN numbered AS n ON n.year_start = e.year_start
    JOIN ledger.kpi AS k ON k.metric_id = e.metric_id AND k.grain = 'M' AND k.start = n.start AND k.org_id = e.org_id
        AND k.basis = e.stands_as AND k.superseded_at = 'infinity'
    WHERE NOT EXISTS (SELECT FROM scope AS o WHERE o.basis = e.stands_as AND o.metric_id = e.metric_id
                      AND o.org_id = e.org_id AND o.year_start = e.year_start AND o.wanted)
), rolled AS (
    SELECT m.*, v.over_time, count(m.value) OVER twelve AS present, sum(m.value) OVER twelve AS total,
           min(m.value) OVER twelve AS smallest, max(m.value) OVER twelve AS largest,
           sum(m.weighted) OVER twelve AS all_weighted, sum(m.weight) OVER twelve AS all_weight
    FROM months AS m
    JOIN numbered AS n USING (start)
    JOIN ledger.metric_version AS v ON v.metric_id = m.metric_id AND v.valid_from <= m.start AND m.start < v.valid_to
        AND v.over_time IN ('sum', 'last', 'average', 'min', 'max', 'weighted_average') AND v.kind = 'base'
    WINDOW twelve AS (PARTITION BY m.basis, m.metric_id, m.org_id, m.dimset_id, m.scenario ORDER BY n.place
                      RANGE BETWEEN CAST(:periods AS integer) - 1 PRECEDING AND CURRENT ROW)
)
UPDATE work AS w
SET rolling = trim_scale(CASE r.over_time
        WHEN 'sum' THEN r.total
        WHEN 'last' THEN r.value
        WHEN 'average' THEN ledger.quotient(r.total, r.present)
        WHEN 'min' THEN r.smallest
        WHEN 'max' THEN r.largest
        WHEN 'weighted_average' THEN ledger.quotient(r.all_weighted, r.all_weight) END)
FROM rolled AS r
WHERE r.computed AND r.present = CAST(:periods AS integer)
  AND w.basis = r.basis AND w.metric_id = r.metric_id AND w.org_id = r.org_id AND w.start = r.start
  AND w.dimset_id = r.dimset_id AND w.scenario = r.scenario
