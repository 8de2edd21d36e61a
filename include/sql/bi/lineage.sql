-- The current facts behind each KPI of the tree as it was, over all dimension sets (its total {}): one row a KPI x fact.
-- A flow counts in its month; a stock at the period's end, or carried there; of year-to-date values the period's last and
-- the last one before it, as the difference takes both; these under the tree of the period's last month. contribution is
-- the value in the metric's own currency, times the share that counts in the org unit, 0 where it is eliminated or passed
-- over. Filter on kpi_metric, kpi_org and kpi_period: partitions are pruned by the period's months.
CREATE VIEW bi.lineage AS
WITH read AS (
    SELECT km.metric AS kpi_metric, a.unit AS kpi_org, p.period AS kpi_period, c.role AS part, f.*, v.over_time, v.carry_forward,
           p.last_month, p.before_last_month, p.stop - 1 AS last_day, kind.is_ytd, kind.is_last,
           CASE WHEN f.currency IS NOT NULL THEN ledger.rate_of(f.currency, f.month, f.basis = 'S' OR v.over_time = 'last', f.grain)
           END AS rate,
           CASE WHEN f.currency IS NOT NULL THEN ledger.rate_of(v.currency, f.month, f.basis = 'S' OR v.over_time = 'last', f.grain)
                ELSE 1 END AS divisor,
           CASE WHEN v.consolidation = 'proportionate' THEN k.share ELSE 1 END AS share,
           i.matched AND EXISTS (
               SELECT FROM ledger.org_tree AS r WHERE r.tree = 'W' AND r.org_id = i.partner_id AND r.ancestor_id = k.ancestor_id
                   AND kind.at >= r.valid_from AND kind.at < r.valid_to) AS eliminated
    FROM ledger.period AS p
    JOIN ledger.metric_base AS c ON true
    JOIN ledger.metric AS km ON km.metric_id = c.metric_id
    JOIN ledger.metric_version AS kv ON kv.metric_id = c.metric_id AND kv.version = c.version
        AND kv.valid_from <= p.start AND p.start < kv.valid_to
    JOIN ledger.metric_version AS v ON v.metric_id = c.base_id AND v.valid_from <= p.start AND p.start < v.valid_to
    CROSS JOIN LATERAL ledger.facts_between(c.base_id, p.last_month,
        least(coalesce(p.before_last_month, p.start), p.stop - 45 - coalesce(v.carry_forward, -45))) AS f
    JOIN ledger.submission AS u ON u.submission_id = f.submission_id AND u.superseded_at = 'infinity' AND u.authority = 'primary'
    JOIN ledger.period AS m ON m.grain = 'M' AND m.start = f.month
    CROSS JOIN LATERAL (SELECT f.basis = 'Y' AS is_ytd, v.over_time = 'last' AND f.basis <> 'Y' AND f.grain <> 'Q' AS is_last,
                               CASE WHEN f.basis = 'Y' OR v.over_time = 'last' THEN p.last_month ELSE f.month END AS at) AS kind
    JOIN ledger.org_tree AS k ON k.tree = 'W' AND k.org_id = f.org_id AND kind.at >= k.valid_from AND kind.at < k.valid_to
        AND (v.over_org <> 'none' OR k.depth = 0)
    JOIN ledger.org AS a ON a.org_id = k.ancestor_id
    JOIN ledger.metric_version AS fv ON fv.metric_id = f.metric_id AND fv.valid_from <= f.month AND f.month < fv.valid_to
        AND coalesce(f.for_version, fv.version) = fv.version
    LEFT JOIN ledger.intra_group AS i ON i.metric_id = f.metric_id AND i.org_id = f.org_id AND i.dimset_id = f.dimset_id
        AND i.month = f.month AND i.scenario = f.scenario
    WHERE CASE WHEN kind.is_ytd THEN f.month IN (p.last_month, p.before_last_month)
               WHEN f.grain = 'Q' THEN p.grain = 'Q' AND f.month BETWEEN p.start AND p.last_month
               WHEN kind.is_last AND v.carry_forward IS NOT NULL
                   THEN f.date >= p.stop - 1 - v.carry_forward OR f.month BETWEEN p.start AND p.last_month
               WHEN kind.is_last THEN f.month = p.last_month
               ELSE f.month BETWEEN p.start AND p.last_month END
), taken AS (
    SELECT r.*,
           CASE WHEN r.divisor = 1 THEN r.value * coalesce(r.rate, CASE WHEN r.currency IS NULL THEN 1 END)
                ELSE ledger.quotient(r.value * r.rate, r.divisor) END AS converted,
           CASE WHEN r.is_last THEN (r.carry_forward IS NULL OR r.date >= r.last_day - r.carry_forward)
                                    AND r.date = max(r.date) OVER (PARTITION BY r.kpi_metric, r.kpi_org, r.kpi_period, r.metric_id,
                                                                   r.org_id, r.dimset_id, r.scenario, r.is_last)
                WHEN r.is_ytd THEN r.date = max(r.date) OVER (PARTITION BY r.kpi_metric, r.kpi_org, r.kpi_period, r.metric_id,
                                                              r.org_id, r.dimset_id, r.scenario, r.is_ytd, r.month)
                ELSE true END AS taken
    FROM read AS r
)
SELECT f.kpi_metric, f.kpi_org, f.kpi_period, f.part,
       trim_scale(CASE WHEN NOT f.taken OR coalesce(f.eliminated, false) THEN 0
                       WHEN f.is_ytd AND f.month = f.before_last_month THEN - f.converted * f.share
                       ELSE f.converted * f.share END) AS contribution,
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
