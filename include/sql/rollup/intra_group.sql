-- Intra-group amounts of the metrics in scope and what the other side of the pair reports: matched ones are eliminated.
-- Grain: one row a metric x unit x dimension set x month x scenario.
CREATE TEMP TABLE intra_group ON COMMIT DROP AS
SELECT metric_id, org_id, dimset_id, month, scenario, partner_id, bool_or(matched) AS matched
FROM ledger.intra_group
WHERE metric_id IN (SELECT metric_id FROM scope) AND month IN (SELECT month FROM span)
GROUP BY metric_id, org_id, dimset_id, month, scenario, partner_id
