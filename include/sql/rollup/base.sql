-- Stage 2: parts to every level of the tree and dimension set, for the periods of grain :grain in scope.
-- Over time first, at the reporting unit; then over org units. A flow counts under the parent that the unit had in
-- each month, a stock or year-to-date value under the one at the period's end.
-- Grain: one row a metric x unit x period x dimension set x scenario.
CREATE TEMP TABLE work ON COMMIT DROP AS
WITH joined AS (
    SELECT s.metric_id, s.org_id, p.start, p.last_month, p.before_last_month, p.months, p.grain,
           v.version, v.over_time, v.over_org, pt.org_id AS leaf_id, pt.dimset_id, pt.scenario,
           pt.month, pt.month >= p.start AS inside,
           pt.total, pt.n, pt.smallest, pt.largest, pt.last_value, pt.ytd, pt.quarter_total
    FROM scope AS s
    JOIN ledger.period AS p ON p.grain = :grain AND p.year_start = s.year_start
    JOIN ledger.metric_version AS v ON v.metric_id = s.metric_id AND v.valid_from <= p.start AND p.start < v.valid_to
    JOIN ledger.part AS pt ON pt.metric_id = s.metric_id
        AND pt.month BETWEEN coalesce(p.before_last_month, p.start) AND p.last_month
    JOIN ledger.org_tree AS k ON k.org_id = pt.org_id AND k.ancestor_id = s.org_id
        AND CASE WHEN v.over_time = 'last' OR pt.ytd IS NOT NULL THEN p.last_month ELSE pt.month END
            BETWEEN k.valid_from AND k.valid_to - 1
), leaf AS (
    SELECT metric_id, org_id, start, version, over_time, over_org, leaf_id, dimset_id, scenario, months, last_month,
           bool_or(ytd IS NOT NULL) AS is_ytd,
           bool_or(quarter_total IS NOT NULL AND inside) AS is_quarter,
           count(DISTINCT month) FILTER (WHERE inside AND n > 0) AS months_reported,
           max(ytd) FILTER (WHERE month = last_month) AS ytd_now,
           max(ytd) FILTER (WHERE month = before_last_month) AS ytd_before,
           before_last_month IS NULL AS opens_year,
           CASE over_time
               WHEN 'sum' THEN sum(total) FILTER (WHERE inside)
               WHEN 'last' THEN max(last_value) FILTER (WHERE month = last_month)
               WHEN 'average' THEN ledger.quotient(
                   sum(ledger.quotient(total, n)) FILTER (WHERE inside),
                   (SELECT count(*) FROM ledger.part AS x
                    WHERE x.metric_id = j.metric_id AND x.org_id = j.leaf_id AND x.dimset_id = j.dimset_id
                      AND x.scenario = j.scenario AND x.n > 0 AND x.month BETWEEN j.start AND j.last_month))
               WHEN 'min' THEN min(smallest) FILTER (WHERE inside)
               WHEN 'max' THEN max(largest) FILTER (WHERE inside)
               WHEN 'none' THEN CASE WHEN :grain = 'M' AND max(n) FILTER (WHERE inside) = 1
                   THEN max(last_value) FILTER (WHERE inside) END
           END AS plain,
           sum(quarter_total) FILTER (WHERE inside) AS quarter_total
    FROM joined AS j
    GROUP BY metric_id, org_id, start, version, over_time, over_org, leaf_id, dimset_id, scenario, months, last_month,
        before_last_month
    HAVING bool_or(inside) FILTER (WHERE n > 0 OR ytd IS NOT NULL OR (:grain = 'Q' AND quarter_total IS NOT NULL))
), valued AS (
    SELECT *,
           CASE WHEN is_ytd THEN CASE WHEN opens_year THEN ytd_now ELSE ytd_now - ytd_before END
                WHEN is_quarter AND :grain = 'Q' THEN quarter_total
                ELSE plain END AS value,
           CASE WHEN is_ytd AND ytd_now IS NULL THEN 'no year-to-date value for the period''s last month'
                WHEN is_ytd AND NOT opens_year AND ytd_before IS NULL
                    THEN 'no year-to-date value for the period before'
                WHEN over_time = 'last' AND plain IS NULL THEN 'no value for the period''s last month'
                WHEN over_time = 'none' AND plain IS NULL THEN 'not aggregated over time' END AS reason
    FROM leaf
), spread AS (
    SELECT v.*, r.coarser_id
    FROM valued AS v JOIN ledger.dimset_rollup AS r USING (dimset_id)
    WHERE v.over_org <> 'none' OR (v.leaf_id = v.org_id AND r.coarser_id = v.dimset_id)
), reported AS (
    -- A stock or year-to-date value is reported or not at the period's end; a flow, month by month.
    SELECT metric_id, org_id, start, scenario, bool_or(at_end) AS at_end,
           sum(CASE WHEN at_end THEN end_reported ELSE months_reported END) AS reported
    FROM (SELECT metric_id, org_id, start, scenario, leaf_id, bool_or(is_ytd OR over_time = 'last') AS at_end,
                 max(CASE WHEN value IS NULL THEN 0 ELSE 1 END) AS end_reported,
                 max(CASE WHEN is_quarter THEN months ELSE months_reported END) AS months_reported
          FROM valued GROUP BY 1, 2, 3, 4, 5) AS each_leaf
    GROUP BY 1, 2, 3, 4
), owed AS (
    SELECT e.metric_id, e.org_id, e.valid_from, e.valid_to FROM ledger.expectation AS e
    UNION ALL
    SELECT p.metric_id, p.org_id, min(p.month), DATE 'infinity'
    FROM ledger.part AS p
    WHERE p.scenario = 'A' AND p.metric_id IN (SELECT metric_id FROM scope)
      AND NOT EXISTS (SELECT FROM ledger.expectation AS e WHERE e.metric_id = p.metric_id)
    GROUP BY 1, 2
), expected AS (
    SELECT s.metric_id, s.org_id, p.start, count(DISTINCT (w.org_id, m.start)) AS in_months,
           count(DISTINCT w.org_id) FILTER (WHERE m.start = p.last_month) AS at_end
    FROM scope AS s
    JOIN ledger.period AS p ON p.grain = :grain AND p.year_start = s.year_start
    JOIN ledger.period AS m ON m.grain = 'M' AND m.start BETWEEN p.start AND p.last_month
    JOIN owed AS w ON w.metric_id = s.metric_id AND m.start >= w.valid_from AND m.start < w.valid_to
    JOIN ledger.org_tree AS k ON k.org_id = w.org_id AND k.ancestor_id = s.org_id
        AND m.start >= k.valid_from AND m.start < k.valid_to
    GROUP BY 1, 2, 3
), combined AS (
    SELECT metric_id, org_id, start, coarser_id AS dimset_id, scenario, max(version) AS metric_version,
           max(over_time) AS over_time,
           CASE max(over_org)
               WHEN 'average' THEN ledger.quotient(sum(value), count(value))
               WHEN 'min' THEN min(value)
               WHEN 'max' THEN max(value)
               ELSE sum(value) END AS value,
           sum(value) FILTER (WHERE NOT is_ytd) AS flow,
           sum(ytd_now) AS ytd_now,
           max(reason) AS reason
    FROM spread
    GROUP BY metric_id, org_id, start, coarser_id, scenario
)
SELECT c.metric_id, c.org_id, c.start, c.dimset_id, c.scenario, c.metric_version,
       trim_scale(c.value) AS value,
       trim_scale(CASE
           WHEN c.over_time = 'sum' AND c.ytd_now IS NOT NULL
               THEN c.ytd_now + coalesce(sum(c.flow) OVER year_so_far, 0)
           WHEN c.over_time = 'sum' THEN sum(c.flow) OVER year_so_far
           WHEN c.over_time = 'last' THEN c.value
           WHEN c.over_time = 'average' AND :grain = 'M'
               THEN ledger.quotient(sum(c.value) OVER year_so_far, count(c.value) OVER year_so_far)
           WHEN c.over_time = 'min' THEN min(c.value) OVER year_so_far
           WHEN c.over_time = 'max' THEN max(c.value) OVER year_so_far
       END) AS ytd,
       CASE WHEN c.scenario = 'A' THEN least(1, coalesce(ledger.quotient(r.reported, nullif(expected, 0)), 1)) END
           AS completeness,
       CASE WHEN c.value IS NULL THEN c.reason
            WHEN c.scenario = 'A' AND r.reported < expected
                THEN format('partial: %s of %s %s reported', r.reported, expected,
                            CASE WHEN r.at_end OR :grain = 'M' THEN 'units' ELSE 'unit-months' END) END AS reason,
       coalesce(r.reported, 0)::integer AS reported,
       true AS computed
FROM combined AS c
JOIN ledger.period AS p ON p.grain = :grain AND p.start = c.start
LEFT JOIN reported AS r
    ON r.metric_id = c.metric_id AND r.org_id = c.org_id AND r.start = c.start AND r.scenario = c.scenario
LEFT JOIN expected AS x ON x.metric_id = c.metric_id AND x.org_id = c.org_id AND x.start = c.start
CROSS JOIN LATERAL (SELECT CASE WHEN r.at_end THEN x.at_end ELSE x.in_months END AS expected) AS owing
WINDOW year_so_far AS (PARTITION BY c.metric_id, c.org_id, c.dimset_id, c.scenario, p.year_start ORDER BY c.start)
