-- Months and quarters of the fiscal calendar, linked to each other by their first days. Rerun: no effect.
-- Inputs: parallel arrays, one item a period; previous and year_ago are keys.
WITH given AS (
    SELECT * FROM unnest(CAST(:grain AS text[]), CAST(:period AS text[]), CAST(:start AS date[]), CAST(:stop AS date[]),
        CAST(:year AS integer[]), CAST(:quarter AS text[]), CAST(:previous AS text[]), CAST(:year_ago AS text[]))
        AS g (grain, period, start, stop, year, quarter, previous, year_ago)
), placed AS (
    SELECT g.*, min(g.start) OVER (PARTITION BY g.year) AS year_start,
           q.start AS quarter_start, b.start AS previous_start, a.start AS ago_start
    FROM given AS g
    JOIN given AS q ON q.grain = 'Q' AND q.period = g.quarter
    LEFT JOIN given AS b ON b.grain = g.grain AND b.period = g.previous
    LEFT JOIN given AS a ON a.grain = g.grain AND a.period = g.year_ago
), months AS (
    SELECT p.grain, p.start, max(m.start) AS last_month, count(*) AS months
    FROM placed AS p JOIN given AS m ON m.grain = 'M' AND m.start >= p.start AND m.start < p.stop
    GROUP BY p.grain, p.start
)
INSERT INTO ledger.period (grain, start, period, stop, year, year_start, quarter, quarter_start, last_month, months,
    before_last_month, previous, year_ago)
SELECT p.grain::"char", p.start, p.period, p.stop, p.year, p.year_start, p.quarter, p.quarter_start, m.last_month,
       m.months, CASE WHEN p.start > p.year_start THEN b.last_month END, p.previous_start, p.ago_start
FROM placed AS p
JOIN months AS m ON m.grain = p.grain AND m.start = p.start
LEFT JOIN months AS b ON b.grain = p.grain AND b.start = p.previous_start
ON CONFLICT (grain, start) DO NOTHING
