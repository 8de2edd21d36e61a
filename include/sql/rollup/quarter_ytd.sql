-- A quarter's year-to-date is that of its newest month, so that month and quarter boards agree, unless it holds figures that were
-- reported for the quarter; its rolling figure is that of its last month.
UPDATE work AS w SET ytd = newest.ytd, rolling = CASE WHEN newest.is_last THEN newest.rolling END
FROM (SELECT DISTINCT ON (basis, metric_id, org_id, start, dimset_id, scenario) *
      FROM month_ytd ORDER BY basis, metric_id, org_id, start, dimset_id, scenario, month DESC) AS newest
WHERE NOT w.is_quarter AND w.basis = newest.basis AND w.metric_id = newest.metric_id AND w.org_id = newest.org_id AND w.start = newest.start
  AND w.dimset_id = newest.dimset_id AND w.scenario = newest.scenario
