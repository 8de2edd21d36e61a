-- The like-for-like board : value and year_ago over the units that stood under the org unit in both periods,
-- month by month. It compares two periods, so there are no figures of other ones, and no target. Grain: as the other boards.
WITH later AS NOT MATERIALIZED (
    {later}
), earlier AS NOT MATERIALIZED (
    {earlier}
)
SELECT m.metric, k.metric_version, o.unit AS org, t.path AS org_path, p.period, p.start AS period_start, p.year, p.quarter,
       d.dimensions, k.value, v.unit, NULL::numeric AS previous, ago.value AS year_ago, NULL::numeric AS ytd,
       NULL::numeric AS change,
       CASE WHEN ago.value > 0 THEN ledger.quotient(k.value - ago.value, ago.value) END AS yoy,
       NULL::numeric AS target, NULL::numeric AS attainment, 'none'::text AS status, k.completeness,
       nullif(concat_ws('; ', k.reason, CASE WHEN k.value IS NOT NULL AND ago.value <= 0 THEN 'no yoy: the value a year ago is not positive' END), '')
           AS reason,
       k.restated, k.computed_at
FROM later AS k
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.metric_version AS v ON v.metric_id = k.metric_id AND v.version = k.metric_version
JOIN ledger.org AS o USING (org_id)
JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
JOIN ledger.dimset AS d USING (dimset_id)
LEFT JOIN (SELECT org_id, path, valid_from, valid_to FROM ledger.org_tree WHERE tree = 'W' AND root) AS t
    ON t.org_id = k.org_id AND p.last_month >= t.valid_from AND p.last_month < t.valid_to
LEFT JOIN earlier AS ago
    ON ago.metric_id = k.metric_id AND ago.start = p.year_ago AND ago.org_id = k.org_id
    AND ago.dimset_id = k.dimset_id AND ago.scenario = k.scenario
WHERE k.scenario = 'A'
