-- A quarter's year-to-date is that of its newest month, so that month and quarter boards agree.
UPDATE work AS w SET ytd = newest.ytd
FROM (SELECT DISTINCT ON (metric_id, org_id, start, dimset_id, scenario) *
      FROM month_ytd ORDER BY metric_id, org_id, start, dimset_id, scenario, month DESC) AS newest
WHERE w.metric_id = newest.metric_id AND w.org_id = newest.org_id AND w.start = newest.start
  AND w.dimset_id = newest.dimset_id AND w.scenario = newest.scenario
