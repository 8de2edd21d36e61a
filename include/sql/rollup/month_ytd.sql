-- Year-to-date and rolling figures of the month KPIs in scope, for quarter_ytd.sql. Grain: one row a month KPI.
CREATE TEMP TABLE month_ytd ON COMMIT DROP AS
SELECT s.basis, k.metric_id, k.org_id, k.dimset_id, k.scenario, q.start, k.start AS month, k.ytd, k.rolling,
       k.start = q.last_month AS is_last
FROM scope AS s
JOIN ledger.period AS q ON q.grain = 'Q' AND q.year_start = s.year_start
JOIN ledger.kpi AS k ON k.metric_id = s.metric_id AND k.org_id = s.org_id AND k.start BETWEEN q.start AND q.last_month
    AND k.basis = s.basis
WHERE k.grain = 'M' AND k.superseded_at = 'infinity' AND s.wanted
