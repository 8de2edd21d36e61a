-- Parts to the value of each reporting unit in each period: aggregation over time. Input: the temporary table placed.
-- Grain: one row a basis x metric x unit x period x dimension set x scenario x stretch x partner. averages is the sum of the
-- averages of months_reported months, mean_months the months that the unit reported on any chain, for units whose chains
-- are put together; weighted and weight are a weighted average's sums; missing is the currency rate without which there is no value.
CREATE TEMP TABLE leaf ON COMMIT DROP AS
WITH timed AS (
    SELECT key, min(basis) AS basis, min(tree) AS tree, min(metric_id) AS metric_id, min(org_id) AS org_id, start,
           dimset_id, scenario, stretch,
           coalesce(CASE WHEN over_time <> 'last' THEN partner_id END,
                    (max(ARRAY[last_date - DATE '2000-01-01', partner_id]) FILTER (WHERE is_last AND over_time = 'last'))[2])
               AS partner_id,
           coalesce(CASE WHEN over_time <> 'last' THEN rival_id END,
                    (max(ARRAY[last_date - DATE '2000-01-01', rival_id]) FILTER (WHERE is_last AND over_time = 'last'))[2])
               AS rival_id,
           min(greatest(stretch, least(start, at))) AS point, min(part_version) FILTER (WHERE inside) < max(part_version) FILTER (WHERE inside)
               AS is_mixed,
           min(year_start) AS year_start,
           min(version) AS version, over_time, min(over_org) AS over_org, min(months) AS months,
           min(consolidation) AS consolidation, min(carry_forward) AS carry_forward,
           bool_or(is_ytd) AS is_ytd,
           bool_and(hidden) AS hidden,
           bool_or(quarter_total IS NOT NULL AND inside) AS is_quarter,
           count(*) FILTER (WHERE inside AND n > 0) AS months_reported,
           max(ytd) FILTER (WHERE is_ytd AND month = at) AS ytd_now,
           max(ytd) FILTER (WHERE month = before_last_month) AS ytd_before,
           bool_and(before_last_month IS NULL) AS opens_year,
           sum(total) FILTER (WHERE inside) AS total,
           sum(quarter_total) FILTER (WHERE inside) AS quarter_total,
           (max(ARRAY[last_date - DATE '2000-01-01', last_value]) FILTER (WHERE is_last))[2] AS last_value,
           max(last_date) AS last_date,
           sum(ledger.quotient(total, n)) FILTER (WHERE inside) AS averages,
           min(smallest) FILTER (WHERE inside) AS smallest,
           max(largest) FILTER (WHERE inside) AS largest,
           max(n) FILTER (WHERE inside) AS most,
           sum(weighted) FILTER (WHERE inside) AS weighted,
           sum(weight) FILTER (WHERE inside) AS weight,
           CASE WHEN over_time <> 'last' THEN max(missing) FILTER (WHERE inside)
                ELSE nullif((max(ARRAY[last_date::text, coalesce(missing, '')]) FILTER (WHERE is_last))[2], '') END AS missing
    FROM placed
    GROUP BY key, start, dimset_id, scenario, stretch, over_time,
             CASE WHEN over_time <> 'last' THEN partner_id END, CASE WHEN over_time <> 'last' THEN rival_id END
    HAVING bool_or(inside AND (n > 0 OR is_ytd OR :grain = 'Q')) OR bool_or(is_last AND over_time = 'last') OR bool_or(hidden)
), meant AS (
    SELECT *, sum(months_reported) OVER (PARTITION BY key, start, dimset_id, scenario) AS mean_months FROM timed
), valued AS (
    SELECT *,
           CASE WHEN missing IS NOT NULL OR hidden THEN NULL
                WHEN is_ytd THEN CASE WHEN opens_year THEN ytd_now ELSE ytd_now - ytd_before END
                WHEN is_quarter THEN CASE WHEN :grain = 'Q' THEN quarter_total END
                WHEN over_time = 'sum' THEN total
                WHEN over_time = 'last' THEN last_value
                WHEN over_time = 'average' THEN ledger.quotient(averages, mean_months)
                WHEN over_time = 'min' THEN smallest
                WHEN over_time = 'max' THEN largest
                WHEN over_time = 'weighted_average' THEN ledger.quotient(weighted, weight)
                WHEN over_time = 'none' AND :grain = 'M' AND most = 1 THEN last_value END AS value
    FROM meant
)
SELECT key, basis, tree, metric_id, org_id, start, year_start, dimset_id, scenario, point, version, over_time, over_org,
       consolidation, is_ytd, is_quarter, hidden, ytd_now, value,
       CASE WHEN missing IS NOT NULL OR is_ytd THEN NULL WHEN is_quarter THEN quarter_total ELSE value END AS flow,
       averages, months_reported, mean_months, weighted, weight, partner_id::integer AS partner_id, rival_id::integer AS rival_id, missing, is_mixed,
       CASE WHEN value IS NOT NULL OR hidden THEN NULL
            WHEN missing IS NOT NULL THEN missing
            WHEN is_ytd AND ytd_now IS NULL THEN 'no year-to-date value for the period''s last month'
            WHEN is_ytd THEN 'no year-to-date value for the period before'
            WHEN over_time = 'last' AND carry_forward IS NOT NULL
                THEN format('no value within %s days of the period''s end (the last is of %s)', carry_forward, last_date)
            WHEN over_time = 'last' THEN 'no value for the period''s last month'
            WHEN over_time = 'weighted_average' THEN 'the weights add up to zero'
            WHEN over_time = 'none' THEN 'not aggregated over time' END AS reason
FROM valued
