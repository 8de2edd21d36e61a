-- The current facts behind each KPI of the tree as it was, over all dimension sets (its total {}): one row a KPI x fact.
-- A flow counts in its month; a stock at the period's end, or carried there; both under the tree of that month. A cell (unit x
-- dimension set) that reports year-to-date values counts as the year so far at the period's end less that before it, under the
-- tree of the period's last month, or of the last one before the unit closed: the latest year-to-date value and the flows
-- after it. contribution is the value in the metric's own currency, times the share that counts in the org unit, 0 where it
-- is eliminated or passed over. Filter on kpi_metric, kpi_org and kpi_period: partitions are pruned by the period's months.
CREATE VIEW bi.lineage AS
WITH read AS (
    SELECT km.metric AS kpi_metric, p.period AS kpi_period, c.role AS part, f.*, v.over_time, v.over_org, v.carry_forward,
           v.consolidation, v.currency AS own_currency, p.grain AS kpi_grain, p.start AS kpi_start, p.last_month,
           p.before_last_month, p.stop - 1 AS last_day, least(p.last_month, z.month) AS at_end,
           bool_or(f.basis = 'Y') OVER cell AS in_ytd,
           max(f.month) FILTER (WHERE f.basis = 'Y' AND f.month >= p.year_start) OVER cell AS ytd_now,
           max(f.month) FILTER (WHERE f.basis = 'Y' AND f.month >= p.year_start AND f.month <= p.before_last_month) OVER cell
               AS ytd_before,
           f.month >= p.year_start AS in_year
    FROM ledger.period AS p
    JOIN ledger.metric_base AS c ON true
    JOIN ledger.metric AS km ON km.metric_id = c.metric_id
    JOIN ledger.metric_version AS kv ON kv.metric_id = c.metric_id AND kv.version = c.version
        AND kv.valid_from <= p.start AND p.start < kv.valid_to
    JOIN ledger.metric_version AS v ON v.metric_id = c.base_id AND v.valid_from <= p.start AND p.start < v.valid_to
    CROSS JOIN LATERAL ledger.facts_between(c.base_id, p.last_month,
        least(CASE WHEN EXISTS (SELECT FROM ledger.part AS y WHERE y.metric_id = c.base_id AND y.ytd IS NOT NULL)
                   THEN p.year_start ELSE p.start END,
              p.stop - 45 - coalesce(v.carry_forward, -45))) AS f
    JOIN ledger.submission AS u ON u.submission_id = f.submission_id AND u.superseded_at = 'infinity' AND u.authority = 'primary'
    JOIN ledger.metric_version AS fv ON fv.metric_id = f.metric_id AND fv.valid_from <= f.month AND f.month < fv.valid_to
        AND coalesce(f.for_version, fv.version) = fv.version
    LEFT JOIN (SELECT k.org_id, max(m.start) AS month
               FROM (SELECT org_id, max(valid_to) AS closes FROM ledger.org_tree WHERE tree = 'W' AND root GROUP BY org_id) AS k
               JOIN ledger.period AS m ON m.grain = 'M' AND m.start < k.closes WHERE k.closes < 'infinity'
               GROUP BY k.org_id) AS z ON z.org_id = f.org_id
    WINDOW cell AS (PARTITION BY km.metric, p.period, f.metric_id, f.org_id, f.dimset_id, f.scenario, f.month >= p.year_start)
), placed AS (
    SELECT r.*, a.unit AS kpi_org, kind.is_last, kind.times,
           CASE WHEN r.consolidation = 'proportionate' THEN k.share ELSE 1 END AS share,
           i.matched AND EXISTS (
               SELECT FROM ledger.org_tree AS o WHERE o.tree = 'W' AND o.org_id = i.partner_id AND o.ancestor_id = k.ancestor_id
                   AND kind.at >= o.valid_from AND kind.at < o.valid_to) AS eliminated,
           CASE WHEN r.currency IS NOT NULL
                THEN ledger.rate_of(r.currency, r.month, r.basis = 'S' OR r.over_time = 'last', r.grain) END AS rate,
           CASE WHEN r.currency IS NOT NULL
                THEN ledger.rate_of(r.own_currency, r.month, r.basis = 'S' OR r.over_time = 'last', r.grain) ELSE 1 END AS divisor
    FROM read AS r
    CROSS JOIN LATERAL (
        SELECT r.over_time = 'last' AND NOT r.in_ytd AND r.grain <> 'Q' AS is_last,
               CASE WHEN r.in_ytd THEN r.at_end WHEN r.over_time = 'last' THEN r.last_month ELSE r.month END AS at,
               -- How often a value of a cell with year-to-date values is in the year so far at the end, less before the period.
               CASE WHEN NOT r.in_ytd OR NOT r.in_year THEN NULL
                    WHEN r.basis = 'Y' THEN (r.month = r.ytd_now)::integer - coalesce(r.month = r.ytd_before, false)::integer
                    ELSE (r.month > coalesce(r.ytd_now, DATE '0001-01-01'))::integer
                         - (r.month <= coalesce(r.before_last_month, DATE '0001-01-01')
                            AND r.month > coalesce(r.ytd_before, DATE '0001-01-01'))::integer END AS times) AS kind
    JOIN ledger.org_tree AS k ON k.tree = 'W' AND k.org_id = r.org_id AND kind.at >= k.valid_from AND kind.at < k.valid_to
        AND (r.over_org <> 'none' OR k.depth = 0)
    JOIN ledger.org AS a ON a.org_id = k.ancestor_id
    LEFT JOIN ledger.intra_group AS i ON i.metric_id = r.metric_id AND i.org_id = r.org_id AND i.dimset_id = r.dimset_id
        AND i.month = r.month AND i.scenario = r.scenario
    WHERE CASE WHEN r.in_ytd THEN r.in_year AND kind.times <> 0 AND kind.at >= r.kpi_start
               WHEN r.grain = 'Q' THEN r.kpi_grain = 'Q' AND r.month BETWEEN r.kpi_start AND r.last_month
               WHEN kind.is_last AND r.carry_forward IS NOT NULL
                   THEN r.date >= r.last_day - r.carry_forward OR r.month BETWEEN r.kpi_start AND r.last_month
               WHEN kind.is_last THEN r.month = r.last_month
               ELSE r.month BETWEEN r.kpi_start AND r.last_month END
), taken AS (
    SELECT r.*,
           CASE WHEN r.divisor = 1 THEN r.value * coalesce(r.rate, CASE WHEN r.currency IS NULL THEN 1 END)
                ELSE ledger.quotient(r.value * r.rate, r.divisor) END AS converted,
           CASE WHEN r.is_last THEN (r.carry_forward IS NULL OR r.date >= r.last_day - r.carry_forward)
                                    AND r.date = max(r.date) OVER same
                WHEN r.basis = 'Y' THEN r.date = max(r.date) OVER same_month
                ELSE true END AS taken
    FROM placed AS r
    WINDOW same AS (PARTITION BY r.kpi_metric, r.kpi_org, r.kpi_period, r.metric_id, r.org_id, r.dimset_id, r.scenario, r.is_last),
           same_month AS (PARTITION BY r.kpi_metric, r.kpi_org, r.kpi_period, r.metric_id, r.org_id, r.dimset_id, r.scenario,
                          r.basis, r.month)
)
SELECT f.kpi_metric, f.kpi_org, f.kpi_period, f.part,
       trim_scale(CASE WHEN NOT f.taken OR coalesce(f.eliminated, false) THEN 0
                       ELSE f.converted * f.share * coalesce(f.times, 1) END) AS contribution,
       f.taken, coalesce(f.eliminated, false) AS eliminated, f.rate, f.share,
       {fact}
FROM taken AS f
JOIN ledger.submission AS s USING (submission_id)
JOIN ledger.batch AS b USING (batch_id)
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.metric_version AS v ON v.metric_id = f.metric_id AND v.version = f.metric_version
JOIN ledger.org AS o ON o.org_id = f.org_id
JOIN ledger.dimset AS d USING (dimset_id)
JOIN ledger.measure AS x USING (measure_id);
COMMENT ON VIEW bi.lineage IS 'The current facts behind each KPI, over all dimension sets; filter on kpi_metric, kpi_org and '
    'kpi_period. The contributions of a sum of flows, of stocks or of year-to-date values add up to the KPI';
COMMENT ON COLUMN bi.lineage.kpi_metric IS 'Metric of the KPI';
COMMENT ON COLUMN bi.lineage.kpi_org IS 'Org unit of the KPI';
COMMENT ON COLUMN bi.lineage.kpi_period IS 'Month or quarter of the KPI';
COMMENT ON COLUMN bi.lineage.part IS 'What the fact''s metric is to the KPI''s: value, numerator, denominator, or part of a formula';
COMMENT ON COLUMN bi.lineage.contribution IS 'Value after conversion, times the share that counts; 0 where it is passed over or '
    'eliminated, negative for the year-to-date value that a difference starts from';
COMMENT ON COLUMN bi.lineage.taken IS 'False for a stock that a later one passes over';
COMMENT ON COLUMN bi.lineage.eliminated IS 'Whether it is an intra-group amount that the other side matches';
COMMENT ON COLUMN bi.lineage.rate IS 'Currency rate that it was converted at; null where none was needed';
COMMENT ON COLUMN bi.lineage.share IS 'Share of the reporting unit that counts in the org unit';
