-- A quarter's year-to-date is that of its newest month, so that month and quarter boards agree.
UPDATE work AS w SET ytd = newest.ytd
FROM (SELECT DISTINCT ON (k.metric_id, k.org_id, q.start, k.dimset_id, k.scenario)
             k.metric_id, k.org_id, q.start, k.dimset_id, k.scenario, k.ytd
      FROM ledger.kpi AS k
      JOIN ledger.period AS q ON q.grain = 'Q' AND k.start BETWEEN q.start AND q.last_month
      JOIN scope AS s ON s.metric_id = k.metric_id AND s.org_id = k.org_id AND s.year_start = q.year_start
      WHERE k.grain = 'M' AND k.superseded_at = 'infinity'
      ORDER BY k.metric_id, k.org_id, q.start, k.dimset_id, k.scenario, k.start DESC) AS newest
WHERE w.metric_id = newest.metric_id AND w.org_id = newest.org_id AND w.start = newest.start
  AND w.dimset_id = newest.dimset_id AND w.scenario = newest.scenario
