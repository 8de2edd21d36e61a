-- A KPI board: one row a metric x org unit x period x dimension set.
-- What stands in braces is filled in by include.bi: which KPI rows stand on it (the tree as it was or as it is, current or at
-- a moment), the reference data of now or of that moment, and what rows that are compared share beside their key.
WITH shown AS NOT MATERIALIZED ( -- four uses, each by index: kept apart it would be all KPIs of all periods
    {shown}
)
SELECT m.metric,
       k.metric_version,
       o.unit AS org,
       t.path AS org_path,
       p.period,
       p.start AS period_start,
       p.year,
       p.quarter,
       d.dimensions,
       k.value,
       v.unit,
       before.value AS previous,
       ago.value AS year_ago,
       k.ytd,
       CASE WHEN before.value > 0 THEN ledger.quotient(k.value - before.value, before.value) END AS change,
       CASE WHEN ago.value > 0 THEN ledger.quotient(k.value - ago.value, ago.value) END AS yoy,
       target.value AS target,
       CASE WHEN target.value > 0 THEN ledger.quotient(k.value, target.value) END AS attainment,
       CASE
           WHEN k.value IS NULL THEN 'none'
           WHEN v.better = 'band' THEN CASE
               WHEN k.value BETWEEN v.band_low AND v.band_high THEN 'green'
               WHEN k.value BETWEEN v.band_low - v.amber_within * abs(v.band_low)
                                AND v.band_high + v.amber_within * abs(v.band_high) THEN 'amber'
               ELSE 'red' END
           WHEN target.value IS NULL THEN 'none'
           WHEN v.better = 'up' THEN CASE
               WHEN k.value >= target.value THEN 'green'
               WHEN k.value >= target.value - v.amber_within * abs(target.value) THEN 'amber'
               ELSE 'red' END
           WHEN k.value <= target.value THEN 'green'
           WHEN k.value <= target.value + v.amber_within * abs(target.value) THEN 'amber'
           ELSE 'red'
       END AS status,
       k.completeness,
       nullif(concat_ws('; ', k.reason,
                        CASE WHEN k.value IS NOT NULL AND before.value <= 0 THEN 'no change: the value before is not positive' END,
                        CASE WHEN k.value IS NOT NULL AND ago.value <= 0 THEN 'no yoy: the value a year ago is not positive' END,
                        CASE WHEN k.value IS NOT NULL AND target.value <= 0 THEN 'no attainment: the target is not positive' END), '') AS reason,
       k.restated,
       k.computed_at
FROM shown AS k
JOIN ledger.metric AS m USING (metric_id)
JOIN {definition} AS v ON v.metric_id = k.metric_id AND v.version = k.metric_version
JOIN ledger.org AS o USING (org_id)
JOIN {period} AS p ON p.grain = k.grain AND p.start = k.start
JOIN ledger.dimset AS d USING (dimset_id)
LEFT JOIN {path} AS t ON t.org_id = k.org_id AND p.last_month >= t.valid_from AND p.last_month < t.valid_to
LEFT JOIN shown AS before
    ON before.metric_id = k.metric_id AND before.start = p.previous AND before.org_id = k.org_id
    AND before.dimset_id = k.dimset_id AND before.scenario = k.scenario{same_before}
LEFT JOIN shown AS ago
    ON ago.metric_id = k.metric_id AND ago.start = p.year_ago AND ago.org_id = k.org_id
    AND ago.dimset_id = k.dimset_id AND ago.scenario = k.scenario{same_ago}
LEFT JOIN shown AS target
    ON target.metric_id = k.metric_id AND target.start = k.start AND target.org_id = k.org_id
    AND target.dimset_id = k.dimset_id AND target.scenario = 'T'{same_target}
WHERE k.scenario = 'A'
