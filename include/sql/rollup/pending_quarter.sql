-- Quarters that wait for a rollup. Grain: one row a quarter.
SELECT DISTINCT p.period FROM ledger.touched_quarter AS t
JOIN ledger.period AS p ON p.grain = 'Q' AND p.start = t.month ORDER BY 1
