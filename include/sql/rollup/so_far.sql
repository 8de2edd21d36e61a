-- The year so far of each cell (metric x unit x dimension set x scenario x version) that reports year-to-date values in a
-- fiscal year: the one reported for the month, else that of the month before it and the month's flow; null where a month
-- between wasn't reported. A cell that changes from flows to year-to-date values, or back, is so counted once.
-- Grain: one row a cell x month with a part.
CREATE TEMP TABLE so_far ON COMMIT DROP AS
WITH cell AS (
    SELECT DISTINCT pt.metric_id, pt.org_id, pt.dimset_id, pt.scenario, pt.for_version, m.year_start
    FROM ledger.part AS pt
    JOIN ledger.period AS m ON m.grain = 'M' AND m.start = pt.month
    WHERE pt.ytd IS NOT NULL
      AND (pt.metric_id, pt.org_id, m.year_start) IN (SELECT metric_id, org_id, year_start FROM reporting)
), placed_month AS (
    SELECT start, year_start, row_number() OVER (PARTITION BY year_start ORDER BY start) AS place
    FROM ledger.period WHERE grain = 'M'
), month AS (
    SELECT c.*, pt.month, m.place, pt.ytd, pt.total, pt.n,
           count(pt.ytd) OVER (PARTITION BY c.metric_id, c.org_id, c.dimset_id, c.scenario, c.for_version, c.year_start
                               ORDER BY pt.month) AS run
    FROM cell AS c
    JOIN placed_month AS m ON m.year_start = c.year_start
    JOIN ledger.part AS pt ON pt.metric_id = c.metric_id AND pt.org_id = c.org_id AND pt.month = m.start
        AND pt.dimset_id = c.dimset_id AND pt.scenario = c.scenario AND pt.for_version = c.for_version
)
SELECT metric_id, org_id, dimset_id, scenario, for_version, year_start, month,
       CASE WHEN place - CASE WHEN run = 0 THEN 0 ELSE min(place) OVER so_far - 1 END = count(*) OVER so_far
                 AND bool_and(ytd IS NOT NULL OR n > 0 AND total IS NOT NULL) OVER so_far
            THEN sum(coalesce(ytd, total)) OVER so_far END AS amount
FROM month
WINDOW so_far AS (PARTITION BY metric_id, org_id, dimset_id, scenario, for_version, year_start, run ORDER BY month)
