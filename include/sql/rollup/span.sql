-- Which months make each period of grain :grain in the fiscal years in scope, and the month before it (inside is
-- false), which a difference of year-to-date values needs. Grain: one row a period x month.
CREATE TEMP TABLE span ON COMMIT DROP AS
SELECT p.start, p.year_start, p.last_month, p.before_last_month, p.months, m.start AS month, m.start >= p.start AS inside
FROM ledger.period AS p
JOIN ledger.period AS m ON m.grain = 'M' AND m.start BETWEEN coalesce(p.before_last_month, p.start) AND p.last_month
WHERE p.grain = :grain AND p.year_start IN (SELECT year_start FROM scope)
