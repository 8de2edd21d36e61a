-- Amounts as they stand in foreign currency: a month's flow, or its last stock; what bi.translation_difference is made of.
-- Input: the current facts, as current_fact.sql gives them. Grain: as ledger.part_currency.
INSERT INTO ledger.part_currency (metric_id, org_id, month, dimset_id, scenario, for_version, currency, amount)
WITH current_fact AS (
    {current_fact}
), daily AS (
    SELECT metric_id, org_id, month, dimset_id, scenario, for_version, currency, date, is_stock, sum(value) AS value
    FROM current_fact
    WHERE currency IS NOT NULL AND NOT is_ytd AND NOT is_quarter
    GROUP BY metric_id, org_id, month, dimset_id, scenario, for_version, currency, date, is_stock
)
SELECT metric_id, org_id, month, dimset_id, scenario, for_version, currency,
       CASE WHEN is_stock THEN (max(ARRAY[date - DATE '2000-01-01', value]))[2] ELSE sum(value) END
FROM daily
GROUP BY metric_id, org_id, month, dimset_id, scenario, for_version, currency, is_stock
