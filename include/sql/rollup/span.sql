-- Which months make each period of grain :grain in the fiscal years in scope, and the months before it (inside is
-- false) that it may need: one for a difference of year-to-date values, those of the last :carry days for a stock that is
-- carried forward. Grain: one row a period x month.
CREATE TEMP TABLE span ON COMMIT DROP AS
SELECT p.start, p.year_start, p.last_month, p.before_last_month, p.months, p.stop - 1 AS last_day, m.start AS month,
       m.start >= p.start AS inside
FROM ledger.period AS p
JOIN ledger.period AS m ON m.grain = 'M' AND m.start <= p.last_month
    AND m.stop > least(coalesce(p.before_last_month, p.start), p.stop - 1 - CAST(:carry AS integer))
WHERE p.grain = :grain AND p.year_start IN (SELECT year_start FROM scope)
