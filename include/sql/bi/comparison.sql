-- KPIs beside all that they are compared with, each comparison with the reason why it is missing. Grain {grain}: one row a
-- metric x org unit x period x dimension set, the org tree as it was.
CREATE VIEW bi.{view} AS
WITH shown AS NOT MATERIALIZED (
    SELECT * FROM ledger.kpi WHERE grain = '{grain}' AND basis = 'W' AND superseded_at = 'infinity'
), compared AS (
    SELECT k.*, before.value AS previous, ago.value AS year_ago, ago.ytd AS ytd_year_ago, ago.rolling AS rolling_year_ago,
           target.value AS target, p.period, p.year, p.quarter, k.start AS period_start
    FROM shown AS k
    JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
    LEFT JOIN shown AS before ON before.metric_id = k.metric_id AND before.start = p.previous AND before.org_id = k.org_id
        AND before.dimset_id = k.dimset_id AND before.scenario = k.scenario
    LEFT JOIN shown AS ago ON ago.metric_id = k.metric_id AND ago.start = p.year_ago AND ago.org_id = k.org_id
        AND ago.dimset_id = k.dimset_id AND ago.scenario = k.scenario
    LEFT JOIN shown AS target ON target.metric_id = k.metric_id AND target.start = k.start AND target.org_id = k.org_id
        AND target.dimset_id = k.dimset_id AND target.scenario = 'T'
    WHERE k.scenario = 'A'
)
SELECT m.metric, o.unit AS org, c.period, c.period_start, c.year, c.quarter, d.dimensions, c.value, v.unit,
       c.previous, ledger.growth(c.value, c.previous) AS change, ledger.growth_reason(c.value, c.previous) AS change_reason,
       c.year_ago, ledger.growth(c.value, c.year_ago) AS yoy, ledger.growth_reason(c.value, c.year_ago) AS yoy_reason,
       c.ytd, c.ytd_year_ago, ledger.growth(c.ytd, c.ytd_year_ago) AS ytd_yoy,
       ledger.growth_reason(c.ytd, c.ytd_year_ago) AS ytd_yoy_reason,
       c.rolling AS rolling_12,
       CASE WHEN c.rolling IS NULL THEN 'a month of the twelve has no value, or the metric has none over twelve months' END
           AS rolling_12_reason,
       c.rolling_year_ago AS rolling_12_year_ago,
       ledger.growth(c.rolling, c.rolling_year_ago) AS rolling_12_yoy,
       ledger.growth_reason(c.rolling, c.rolling_year_ago) AS rolling_12_yoy_reason,
       c.target, CASE WHEN c.target > 0 THEN ledger.quotient(c.value, c.target) END AS attainment,
       CASE WHEN c.value IS NULL THEN 'no value' WHEN c.target IS NULL THEN 'no target'
            WHEN c.target <= 0 THEN 'the target is not positive' END AS attainment_reason
FROM compared AS c
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.metric_version AS v ON v.metric_id = c.metric_id AND v.version = c.metric_version
JOIN ledger.org AS o USING (org_id)
JOIN ledger.dimset AS d USING (dimset_id);
COMMENT ON VIEW bi.{view} IS 'KPIs beside all that they are compared with, and why a comparison is missing; the org tree as it was';
COMMENT ON COLUMN bi.{view}.metric IS 'Catalogue id (bi.metric)';
COMMENT ON COLUMN bi.{view}.org IS 'Org unit (bi.org)';
COMMENT ON COLUMN bi.{view}.period IS 'Fiscal month 2026-03 or quarter 2026-Q1';
COMMENT ON COLUMN bi.{view}.period_start IS 'First day of the period, for filters';
COMMENT ON COLUMN bi.{view}.year IS 'Fiscal year';
COMMENT ON COLUMN bi.{view}.quarter IS 'Fiscal quarter';
COMMENT ON COLUMN bi.{view}.dimensions IS 'Dimension set; {} is the total. Never add rows of different sets';
COMMENT ON COLUMN bi.{view}.value IS 'Value in unit';
COMMENT ON COLUMN bi.{view}.unit IS 'The metric''s unit';
COMMENT ON COLUMN bi.{view}.previous IS 'Value of the period before';
COMMENT ON COLUMN bi.{view}.change IS 'Growth on previous as a fraction';
COMMENT ON COLUMN bi.{view}.change_reason IS 'Why change is missing';
COMMENT ON COLUMN bi.{view}.year_ago IS 'Value of the same period a year before';
COMMENT ON COLUMN bi.{view}.yoy IS 'Growth on year_ago as a fraction';
COMMENT ON COLUMN bi.{view}.yoy_reason IS 'Why yoy is missing';
COMMENT ON COLUMN bi.{view}.ytd IS 'Value of the fiscal year up to the period''s end';
COMMENT ON COLUMN bi.{view}.ytd_year_ago IS 'The same a year before';
COMMENT ON COLUMN bi.{view}.ytd_yoy IS 'Growth of the two as a fraction';
COMMENT ON COLUMN bi.{view}.ytd_yoy_reason IS 'Why ytd_yoy is missing';
COMMENT ON COLUMN bi.{view}.rolling_12 IS 'Over the twelve months that end with the period; null unless each of them has a value';
COMMENT ON COLUMN bi.{view}.rolling_12_reason IS 'Why rolling_12 is missing';
COMMENT ON COLUMN bi.{view}.rolling_12_year_ago IS 'The same a year before';
COMMENT ON COLUMN bi.{view}.rolling_12_yoy IS 'Growth of the two as a fraction';
COMMENT ON COLUMN bi.{view}.rolling_12_yoy_reason IS 'Why rolling_12_yoy is missing';
COMMENT ON COLUMN bi.{view}.target IS 'Target in the same unit';
COMMENT ON COLUMN bi.{view}.attainment IS 'Value over target as a fraction';
COMMENT ON COLUMN bi.{view}.attainment_reason IS 'Why attainment is missing';
