-- One ratio or formula metric, evaluated on its aggregated components at every unit, period and dimension set in scope.
-- What stands in braces is rendered by include.rollup from the parsed formula: numbers and fixed letters only. A dimension
-- set has a row where every component has one; the total has one where any component does.
-- A value given for the metric itself (a target) stands. :in_force: the periods of the version, on each tree; otherwise
-- all others, as basis :as_basis on the components as they are in force. Grain: one row a basis x unit x period x
-- dimension set x scenario.
INSERT INTO work (basis, metric_id, org_id, start, dimset_id, scenario, metric_version, value, ytd, rolling, completeness,
    reason, reported, computed)
WITH given AS MATERIALIZED (
    SELECT basis, org_id, start, dimset_id, scenario FROM work WHERE metric_id = :metric_id
), parts AS (
    SELECT s.basis, w.org_id, p.start, w.dimset_id, w.scenario,
           {columns},
           count(DISTINCT w.metric_id) FILTER (WHERE w.start = p.start) AS present,
           min(w.completeness) FILTER (WHERE w.start = p.start) AS completeness,
           sum(w.reported) FILTER (WHERE w.start = p.start) AS reported
    FROM work AS w
    JOIN ledger.period AS p ON p.grain = :grain AND {rows}
    JOIN scope AS s ON s.metric_id = :metric_id AND s.org_id = w.org_id AND s.year_start = p.year_start AND s.wanted
        AND CASE WHEN :in_force THEN s.basis IN ('W', 'I', 'L', 'N') ELSE s.basis = :as_basis END
    JOIN ledger.period AS q ON q.grain = :grain AND q.start = w.start
    LEFT JOIN ledger.basis_year AS b ON b.tree = s.basis AND b.org_id = w.org_id AND b.year_start = q.year_start
    WHERE w.metric_id = ANY(CAST(:components AS integer[]))
      AND w.basis = CASE WHEN b.tree IS NOT NULL THEN s.basis ELSE 'W' END
      AND (p.start >= :valid_from AND p.start < :valid_to) = :in_force
    GROUP BY s.basis, w.org_id, p.start, w.dimset_id, w.scenario
    HAVING count(*) FILTER (WHERE w.start = p.start) > 0
), computed AS (
    SELECT basis, org_id, start, dimset_id, scenario, {value} AS value, {ytd} AS ytd, {rolling} AS rolling, completeness,
           {missing} AS missing, present, reported
    FROM parts
)
SELECT c.basis, :metric_id, c.org_id, c.start, c.dimset_id, c.scenario, :version, trim_scale(c.value), trim_scale(c.ytd),
       trim_scale(c.rolling),
       CASE WHEN c.scenario = 'A' THEN c.completeness END,
       CASE WHEN c.value IS NULL AND c.missing <> '' THEN 'no value for ' || c.missing
            WHEN c.value IS NULL THEN 'the divisor is zero'
            WHEN c.scenario = 'A' AND c.completeness < 1 THEN 'partial: a part is incomplete' END,
       c.reported, true
FROM computed AS c
WHERE (c.present = cardinality(CAST(:components AS integer[]))
       OR c.scenario = 'A' AND c.dimset_id = (SELECT dimset_id FROM ledger.dimset WHERE dimensions = '{}'::jsonb))
  AND NOT EXISTS (SELECT FROM given AS g
                  WHERE g.basis = c.basis AND g.org_id = c.org_id AND g.start = c.start AND g.dimset_id = c.dimset_id
                    AND g.scenario = c.scenario)
