-- One ratio or formula metric, evaluated on its aggregated components at every unit, period and dimension set in scope.
-- What stands in braces is rendered by include.rollup from the parsed formula: numbers and fixed letters only. A dimension set has a row where every component has one; the total has one where any component does.
-- A value given for the metric itself (a target) stands. Grain: one row a unit x period x dimension set x scenario.
INSERT INTO work (metric_id, org_id, start, dimset_id, scenario, metric_version, value, ytd, completeness, reason, reported, computed)
WITH given AS MATERIALIZED (
    SELECT org_id, start, dimset_id, scenario FROM work WHERE metric_id = :metric_id
), parts AS (
    SELECT w.org_id, p.start, w.dimset_id, w.scenario,
           {columns},
           count(DISTINCT w.metric_id) FILTER (WHERE w.start = p.start) AS present,
           min(w.completeness) FILTER (WHERE w.start = p.start) AS completeness,
           sum(w.reported) FILTER (WHERE w.start = p.start) AS reported
    FROM work AS w
    JOIN ledger.period AS p ON p.grain = :grain AND {rows}
    JOIN scope AS s ON s.metric_id = :metric_id AND s.org_id = w.org_id AND s.year_start = p.year_start
    WHERE w.metric_id = ANY(CAST(:components AS integer[])) AND p.start >= :valid_from AND p.start < :valid_to
    GROUP BY w.org_id, p.start, w.dimset_id, w.scenario
    HAVING count(*) FILTER (WHERE w.start = p.start) > 0
), computed AS (
    SELECT org_id, start, dimset_id, scenario, {value} AS value, {ytd} AS ytd, completeness, {missing} AS missing, present, reported
    FROM parts
)
SELECT :metric_id, c.org_id, c.start, c.dimset_id, c.scenario, :version, trim_scale(c.value), trim_scale(c.ytd),
       CASE WHEN c.scenario = 'A' THEN c.completeness END,
       CASE WHEN c.value IS NULL AND c.missing <> '' THEN 'no value for ' || c.missing
            WHEN c.value IS NULL THEN 'the divisor is zero'
            WHEN c.scenario = 'A' AND c.completeness < 1 THEN 'partial: a part is incomplete' END,
       c.reported, true
FROM computed AS c
WHERE (c.present = cardinality(CAST(:components AS integer[]))
       OR c.scenario = 'A' AND c.dimset_id = (SELECT dimset_id FROM ledger.dimset WHERE dimensions = '{}'::jsonb))
  AND NOT EXISTS (SELECT FROM given AS g
                  WHERE g.org_id = c.org_id AND g.start = c.start AND g.dimset_id = c.dimset_id AND g.scenario = c.scenario)
