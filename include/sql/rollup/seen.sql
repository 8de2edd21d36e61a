-- How much each reporting unit has reported in each period, over all its dimension sets. Input: the temporary table placed.
-- at_end: a stock or year-to-date value, there (valued) or not at the period's end; a flow is counted month by month.
-- A year-to-date metric is there only where each dimension set has both figures of the difference, and a unit that reports
-- one counts once, where it stands at the period's end, whatever else it reports. days counts the days with values.
-- Grain: one row a basis x metric x unit x period x scenario x chain.
CREATE TEMP TABLE seen ON COMMIT DROP AS
WITH sets AS (
    SELECT key, min(basis) AS basis, min(metric_id) AS metric_id, start, scenario, chain, dimset_id, min(point) AS point,
           min(months) AS months,
           bool_or(is_ytd) AS is_ytd,
           bool_or(quarter_total IS NOT NULL AND inside) AS is_quarter,
           bool_or(over_time = 'last') AS at_end,
           bool_or(is_ytd AND ytd IS NOT NULL AND month = at)
               AND bool_or(before_last_month IS NULL OR ytd IS NOT NULL AND month = before_last_month) AS has_difference,
           bool_or(is_last) AS has_last
    FROM placed WHERE NOT hidden
    GROUP BY key, start, scenario, chain, dimset_id
), months AS (
    SELECT key, start, scenario, chain, bool_or(n > 0) AS reported,
           bit_count(bit_or(days)::bit(64)) AS days
    FROM placed WHERE inside AND NOT hidden
    GROUP BY key, start, scenario, chain, month
), counted AS (
    SELECT key, start, scenario, chain, count(*) FILTER (WHERE reported) AS months_reported, sum(days) AS days
    FROM months
    GROUP BY key, start, scenario, chain
)
SELECT key, min(s.basis) AS basis, min(s.metric_id) AS metric_id, start, scenario, min(s.point) AS point, min(s.months) AS months,
       bool_or(s.is_ytd OR s.at_end) AS at_end,
       CASE WHEN bool_or(s.is_ytd) THEN bool_and(s.has_difference OR NOT s.is_ytd)
            ELSE bool_or(s.has_last OR s.is_quarter) END AS valued,
       CASE WHEN bool_or(s.is_quarter) THEN min(s.months) ELSE coalesce(min(c.months_reported), 0) END AS months_reported,
       coalesce(min(c.days), 0) AS days
FROM (SELECT *, bool_or(is_ytd) OVER (PARTITION BY key, start, scenario) AS counts_at_end,
             bool_or(is_ytd) OVER (PARTITION BY key, start, scenario, chain) AS stands_at_end FROM sets) AS s
LEFT JOIN counted AS c USING (key, start, scenario, chain)
WHERE s.stands_at_end OR NOT s.counts_at_end
GROUP BY key, start, scenario, chain
