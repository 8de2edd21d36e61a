-- Months that wait for a rollup. Grain: one row a month.
SELECT DISTINCT p.period FROM ledger.touched_month AS t
JOIN ledger.period AS p ON p.grain = 'M' AND p.start = t.month ORDER BY 1
