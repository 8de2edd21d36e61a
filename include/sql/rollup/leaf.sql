-- Parts to the value of each reporting unit in each period: aggregation over time. Input: the temporary table placed.
-- Grain: one row a metric x unit x period x dimension set x scenario x chain. averages is the sum of the averages of
-- months_reported months, for units whose chains are put together.
CREATE TEMP TABLE leaf ON COMMIT DROP AS
WITH timed AS (
    SELECT metric_id, org_id, start, dimset_id, scenario, chain, min(point) AS point, min(year_start) AS year_start,
           min(version) AS version, min(over_time) AS over_time, min(over_org) AS over_org, min(months) AS months,
           bool_or(ytd IS NOT NULL) AS is_ytd,
           bool_or(quarter_total IS NOT NULL AND inside) AS is_quarter,
           count(*) FILTER (WHERE inside AND n > 0) AS months_reported,
           max(ytd) FILTER (WHERE month = last_month) AS ytd_now,
           max(ytd) FILTER (WHERE month = before_last_month) AS ytd_before,
           bool_and(before_last_month IS NULL) AS opens_year,
           sum(total) FILTER (WHERE inside) AS total,
           sum(quarter_total) FILTER (WHERE inside) AS quarter_total,
           max(last_value) FILTER (WHERE month = last_month) AS last_value,
           sum(ledger.quotient(total, n)) FILTER (WHERE inside) AS averages,
           min(smallest) FILTER (WHERE inside) AS smallest,
           max(largest) FILTER (WHERE inside) AS largest,
           max(n) FILTER (WHERE inside) AS most
    FROM placed
    GROUP BY metric_id, org_id, start, dimset_id, scenario, chain
    HAVING bool_or(inside AND (n > 0 OR ytd IS NOT NULL OR :grain = 'Q'))
), valued AS (
    SELECT *,
           CASE WHEN is_ytd THEN CASE WHEN opens_year THEN ytd_now ELSE ytd_now - ytd_before END
                WHEN is_quarter THEN CASE WHEN :grain = 'Q' THEN quarter_total END
                WHEN over_time = 'sum' THEN total
                WHEN over_time = 'last' THEN last_value
                WHEN over_time = 'average' THEN ledger.quotient(averages,
                    sum(months_reported) OVER (PARTITION BY metric_id, org_id, start, dimset_id, scenario))
                WHEN over_time = 'min' THEN smallest
                WHEN over_time = 'max' THEN largest
                WHEN over_time = 'none' AND :grain = 'M' AND most = 1 THEN last_value END AS value
    FROM timed
)
SELECT metric_id, org_id, start, year_start, dimset_id, scenario, point, version, over_time, over_org, is_ytd, ytd_now,
       value, averages, months_reported,
       CASE WHEN value IS NOT NULL THEN NULL
            WHEN is_ytd AND ytd_now IS NULL THEN 'no year-to-date value for the period''s last month'
            WHEN is_ytd THEN 'no year-to-date value for the period before'
            WHEN over_time = 'last' THEN 'no value for the period''s last month'
            WHEN over_time = 'none' THEN 'not aggregated over time' END AS reason
FROM valued
