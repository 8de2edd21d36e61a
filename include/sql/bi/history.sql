-- What has changed after it was told, and what stands beside the boards: restatements, intra-group amounts, translation
-- differences. Grain: one row a restated KPI x cause; a pair of units x month; a KPI in foreign currency.

CREATE VIEW bi.restatement AS
SELECT m.metric, o.unit AS org, p.period, d.dimensions, ledger.scenario_name(r.scenario) AS scenario, old.value AS old_value,
       new.value AS new_value, v.unit, r.computed_at AS restated_at, r.cause, r.submission_id AS submission, s.source,
       c.owner AS who, b.filename AS file, b.run_id, s.accepted_at, s.withdrawn
FROM ledger.restatement AS r
JOIN ledger.kpi AS new ON new.metric_id = r.metric_id AND new.grain = r.grain AND new.start = r.start AND new.org_id = r.org_id
    AND new.dimset_id = r.dimset_id AND new.scenario = r.scenario AND new.basis = 'W' AND new.computed_at = r.computed_at
JOIN ledger.kpi AS old ON old.metric_id = r.metric_id AND old.grain = r.grain AND old.start = r.start AND old.org_id = r.org_id
    AND old.dimset_id = r.dimset_id AND old.scenario = r.scenario AND old.basis = 'W' AND old.superseded_at = r.computed_at
JOIN ledger.metric AS m ON m.metric_id = r.metric_id
JOIN ledger.metric_version AS v ON v.metric_id = r.metric_id AND v.version = new.metric_version
JOIN ledger.org AS o ON o.org_id = r.org_id
JOIN ledger.dimset AS d ON d.dimset_id = r.dimset_id
JOIN ledger.period AS p ON p.grain = r.grain AND p.start = r.start
LEFT JOIN ledger.submission AS s ON s.submission_id = r.submission_id
LEFT JOIN ledger.batch AS b ON b.batch_id = s.batch_id
LEFT JOIN ledger.source AS c ON c.source = s.source;
COMMENT ON VIEW bi.restatement IS 'Every KPI that changed after it was complete: one row a KPI, moment and cause';
COMMENT ON COLUMN bi.restatement.metric IS 'Catalogue id';
COMMENT ON COLUMN bi.restatement.org IS 'Org unit';
COMMENT ON COLUMN bi.restatement.period IS 'Month or quarter';
COMMENT ON COLUMN bi.restatement.dimensions IS 'Dimension set; {} is the total';
COMMENT ON COLUMN bi.restatement.scenario IS 'actual, target, budget or forecast';
COMMENT ON COLUMN bi.restatement.old_value IS 'Value before';
COMMENT ON COLUMN bi.restatement.new_value IS 'Value from restated_at on';
COMMENT ON COLUMN bi.restatement.unit IS 'The metric''s unit';
COMMENT ON COLUMN bi.restatement.restated_at IS 'When the new value came into force';
COMMENT ON COLUMN bi.restatement.cause IS 'submission, withdrawal, definition (a changed configuration) or recomputation';
COMMENT ON COLUMN bi.restatement.submission IS 'Submission that made the change: the correction, or the one that was withdrawn';
COMMENT ON COLUMN bi.restatement.source IS 'Source of that submission';
COMMENT ON COLUMN bi.restatement.who IS 'Owner of that source';
COMMENT ON COLUMN bi.restatement.file IS 'File as delivered; empty for systems';
COMMENT ON COLUMN bi.restatement.run_id IS 'Airflow run (or command) that loaded it';
COMMENT ON COLUMN bi.restatement.accepted_at IS 'When that submission began to count';
COMMENT ON COLUMN bi.restatement.withdrawn IS 'Why it was withdrawn, where it was';

CREATE VIEW bi.elimination AS
SELECT DISTINCT m.metric, o.unit AS org, partner.metric AS partner_metric, c.unit AS counterparty, p.period,
       ledger.scenario_name(i.scenario) AS scenario, i.amount, i.partner_amount, v.unit,
       coalesce(i.amount, 0) - coalesce(i.partner_amount, 0) AS difference,
       CASE WHEN i.matched THEN 'matched' ELSE 'unmatched' END AS status
FROM ledger.intra_group AS i
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.metric AS partner ON partner.metric_id = i.partner_metric_id
JOIN ledger.metric_version AS v ON v.metric_id = i.metric_id AND v.valid_from <= i.month AND i.month < v.valid_to
JOIN ledger.org AS o USING (org_id)
JOIN ledger.org AS c ON c.org_id = i.partner_id
JOIN ledger.period AS p ON p.grain = 'M' AND p.start = i.month;
COMMENT ON VIEW bi.elimination IS 'Intra-group amounts: matched ones are eliminated in the units above both sides, unmatched ones '
    'stay in the totals. One row a side: unit, metric, counterparty and month';
COMMENT ON COLUMN bi.elimination.metric IS 'What the unit reported';
COMMENT ON COLUMN bi.elimination.org IS 'Org unit that reported it';
COMMENT ON COLUMN bi.elimination.partner_metric IS 'What the other side reports of it';
COMMENT ON COLUMN bi.elimination.counterparty IS 'The other unit';
COMMENT ON COLUMN bi.elimination.period IS 'Month';
COMMENT ON COLUMN bi.elimination.scenario IS 'actual, target, budget or forecast';
COMMENT ON COLUMN bi.elimination.amount IS 'Amount of this side, converted';
COMMENT ON COLUMN bi.elimination.partner_amount IS 'Amount of the other side, converted; null where it reported none';
COMMENT ON COLUMN bi.elimination.unit IS 'The metric''s unit';
COMMENT ON COLUMN bi.elimination.difference IS 'amount less partner_amount';
COMMENT ON COLUMN bi.elimination.status IS 'matched (within the pair''s tolerance) or unmatched';

CREATE VIEW bi.translation_difference AS
WITH amount AS (
    SELECT c.metric_id, c.org_id, c.month, c.dimset_id, c.scenario, c.currency, c.amount, v.version,
           v.over_time = 'last' AS is_stock,
           before.amount AS opening, before.month AS opening_month
    FROM ledger.part_currency AS c
    JOIN ledger.metric_version AS v ON v.metric_id = c.metric_id AND v.valid_from <= c.month AND c.month < v.valid_to
    JOIN ledger.period AS p ON p.grain = 'M' AND p.start = c.month
    LEFT JOIN LATERAL (
        SELECT e.amount, e.month FROM ledger.part_currency AS e
        WHERE v.over_time = 'last' AND e.metric_id = c.metric_id AND e.org_id = c.org_id AND e.dimset_id = c.dimset_id
            AND e.scenario = c.scenario AND e.currency = c.currency AND e.for_version = c.for_version
            AND e.month < c.month AND e.month >= least(p.previous, p.start - v.carry_forward)
        ORDER BY e.month DESC LIMIT 1) AS before ON true
    WHERE c.for_version IN (0, v.version)
), difference AS (
    SELECT a.*, r.rate AS average, c.rate AS closing,
           CASE WHEN a.is_stock THEN a.amount * c.rate - a.opening * b.rate - (a.amount - a.opening) * r.rate
                ELSE a.amount * (c.rate - r.rate) END AS difference
    FROM amount AS a
    LEFT JOIN ledger.rate AS r ON r.currency = a.currency AND r.month = a.month AND r.grain = 'M' AND NOT r.is_closing
    LEFT JOIN ledger.rate AS c ON c.currency = a.currency AND c.month = a.month AND c.grain = 'M' AND c.is_closing
    LEFT JOIN ledger.rate AS b ON b.currency = a.currency AND b.month = a.opening_month AND b.grain = 'M' AND b.is_closing
)
SELECT m.metric, o.unit AS org, p.period, s.dimensions, ledger.scenario_name(d.scenario) AS scenario, d.currency,
       trim_scale(sum(d.opening)) AS opening, trim_scale(sum(d.amount)) AS amount, min(d.average) AS average_rate,
       min(d.closing) AS closing_rate,
       CASE WHEN count(d.difference) = count(*) THEN trim_scale(sum(d.difference)) END AS difference
FROM difference AS d
JOIN ledger.org_tree AS k ON k.tree = 'W' AND k.org_id = d.org_id AND d.month >= k.valid_from AND d.month < k.valid_to
JOIN ledger.dimset_rollup AS u ON u.dimset_id = d.dimset_id
JOIN ledger.dimset AS s ON s.dimset_id = u.coarser_id
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.org AS o ON o.org_id = k.ancestor_id
JOIN ledger.period AS p ON p.grain = 'M' AND p.start = d.month
GROUP BY m.metric, o.unit, p.period, s.dimensions, d.scenario, d.currency;
COMMENT ON VIEW bi.translation_difference IS 'What is left between closing and average rates, in the company''s currency: of a stock '
    'closing balance less opening balance less the change at the average rate, of a flow its amount at closing less at average rate. '
    'One row a metric x unit x month x dimension set x currency';
COMMENT ON COLUMN bi.translation_difference.metric IS 'Catalogue id';
COMMENT ON COLUMN bi.translation_difference.org IS 'Org unit: those below it added up';
COMMENT ON COLUMN bi.translation_difference.period IS 'Month';
COMMENT ON COLUMN bi.translation_difference.dimensions IS 'Dimension set; {} is the total';
COMMENT ON COLUMN bi.translation_difference.scenario IS 'actual, target, budget or forecast';
COMMENT ON COLUMN bi.translation_difference.currency IS 'Currency as reported';
COMMENT ON COLUMN bi.translation_difference.opening IS 'Of a stock: its amount at the end of the month before, or carried there, in that currency';
COMMENT ON COLUMN bi.translation_difference.amount IS 'The month''s flow, or the stock at its end, in that currency';
COMMENT ON COLUMN bi.translation_difference.average_rate IS 'Average rate of the month';
COMMENT ON COLUMN bi.translation_difference.closing_rate IS 'Closing rate of the month';
COMMENT ON COLUMN bi.translation_difference.difference IS 'The difference; null where a rate is missing, or the opening stock isn''t known';
