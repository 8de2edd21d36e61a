-- What a batch brought into force, for its clerk to compare with the file. Grain: one row a period, metric, scenario,
-- way of reporting, reported unit and currency. Inputs: :batch_id.
-- A total is given where adding up means something: over units as the metric says, over dates for flows only. Else the
-- least and the greatest value are.
SELECT CASE s.grain WHEN 'D' THEN p.period ELSE s.period END AS period, min(s.period_start) AS start,
       m.metric, ledger.scenario_name(f.scenario) AS scenario, x.unit AS reported_unit, coalesce(f.currency, '') AS currency,
       v.unit, count(DISTINCT f.org_id) AS units,
       bool_and(v.over_org = 'sum' AND f.member IS NULL AND f.weight IS NULL)
           AND (bool_and(f.basis = 'F' AND v.over_time = 'sum') OR count(DISTINCT f.date) = 1) AS adds_up,
       sum(f.reported) AS reported_total, sum(f.value) AS total,
       min(f.reported) AS least, max(f.reported) AS greatest
FROM ledger.submission AS s
JOIN ledger.fact AS f USING (submission_id)
JOIN ledger.period AS p ON p.grain = 'M' AND p.start = f.month
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.metric_version AS v ON v.metric_id = f.metric_id AND v.version = f.metric_version
JOIN ledger.measure AS x USING (measure_id)
WHERE s.batch_id = :batch_id AND s.restores IS NULL
GROUP BY 1, m.metric, f.scenario, f.basis, x.unit, f.currency, v.unit
ORDER BY start DESC, period DESC, m.metric, f.scenario, x.unit, f.currency
