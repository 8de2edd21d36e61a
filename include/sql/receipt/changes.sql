-- Figures in which a batch's submissions differ from those that they replaced. Grain: one row a changed, added or removed
-- figure, at most :most; `changes` counts all of them. Inputs: :batch_id.
-- A figure is its metric, org unit, date, dimensions, scenario and key, or where these repeat, its rank among them.
WITH pair AS MATERIALIZED (
    SELECT n.submission_id AS new_id, o.submission_id AS old_id, n.org_id, n.period, n.period_start
    FROM ledger.submission AS n JOIN ledger.submission AS o ON o.superseded_by = n.submission_id
    WHERE n.batch_id = :batch_id AND n.restores IS NULL
), figure AS (
    SELECT f.submission_id, f.metric_id, f.date, f.dimset_id, f.scenario, f.basis, coalesce(f.key, '') AS key,
           coalesce(f.member, '') AS member, coalesce(f.for_version, 0) AS for_version,
           row_number() OVER (PARTITION BY f.submission_id, f.metric_id, f.date, f.dimset_id, f.scenario, f.basis, f.key, f.member,
                              f.for_version ORDER BY f.row_no, f.col_no, f.reported) AS nth,
           f.reported, f.value, f.currency, f.weight, x.unit, x.sheet, ledger.cell_name(f.row_no, f.col_no) AS cell
    FROM ledger.fact AS f JOIN ledger.measure AS x USING (measure_id)
    WHERE f.submission_id IN (SELECT new_id FROM pair UNION ALL SELECT old_id FROM pair)
), fresh AS (SELECT p.new_id, f.* FROM pair AS p JOIN figure AS f ON f.submission_id = p.new_id),
stale AS (SELECT p.new_id, f.* FROM pair AS p JOIN figure AS f ON f.submission_id = p.old_id),
compared AS (
    SELECT new_id, metric_id, date, dimset_id, scenario, n.reported AS new, o.reported AS old,
           coalesce(n.unit, '') AS new_unit, coalesce(o.unit, '') AS old_unit, n.sheet, n.cell, o.cell AS old_cell
    FROM fresh AS n FULL JOIN stale AS o
        USING (new_id, metric_id, date, dimset_id, scenario, basis, key, member, for_version, nth)
    WHERE (n.reported, n.unit, n.value, n.currency, n.weight) IS DISTINCT FROM (o.reported, o.unit, o.value, o.currency, o.weight)
)
SELECT u.unit AS org, p.period, m.metric, d.dimensions, ledger.scenario_name(c.scenario) AS scenario, c.date,
       c.new, c.old, c.new_unit, c.old_unit, coalesce(c.sheet, '') AS sheet, coalesce(c.cell, '') AS cell,
       coalesce(c.old_cell, '') AS old_cell, count(*) OVER () AS changes
FROM compared AS c
JOIN pair AS p USING (new_id)
JOIN ledger.org AS u ON u.org_id = p.org_id
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.dimset AS d USING (dimset_id)
ORDER BY p.period_start, u.unit, m.metric, c.date, d.dimensions::text, c.cell
LIMIT :most
