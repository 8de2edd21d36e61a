-- Stage 1: current facts of the touched keys to ingredients per metric x reporting unit x month x dimension set x
-- scenario x version reported for. Facts of one date that differ by a key only (two shelves of one store) are one value
-- first, as units of the tree would be: added, or their average, minimum or maximum. The last value is that of the latest
-- date. Input: the current facts, as current_fact.sql gives them.
INSERT INTO ledger.part (metric_id, org_id, month, dimset_id, scenario, for_version, total, n, smallest, largest,
    last_value, last_date, ytd, quarter_total, days, weighted, weight, missing)
WITH current_fact AS (
    {current_fact}
), converted AS (
    SELECT metric_id, org_id, month, dimset_id, scenario, for_version, date, is_ytd, is_quarter, over_org, weight, missing,
           CASE WHEN missing IS NOT NULL THEN NULL WHEN divisor = 1 THEN value * factor
                ELSE ledger.quotient(value * factor, divisor) END AS value
    FROM current_fact
), daily AS (
    SELECT metric_id, org_id, month, dimset_id, scenario, for_version, date, is_ytd, is_quarter, max(over_org) AS over_org,
           count(*) AS facts,
           CASE max(over_org)
               WHEN 'average' THEN ledger.quotient(sum(value), count(*))
               WHEN 'min' THEN min(value)
               WHEN 'max' THEN max(value)
               ELSE sum(value) END AS value,
           sum(value * weight) AS weighted,
           sum(weight) AS weight,
           max(missing) AS missing
    FROM converted
    GROUP BY metric_id, org_id, month, dimset_id, scenario, for_version, date, is_ytd, is_quarter
)
SELECT d.metric_id, d.org_id, d.month, d.dimset_id, d.scenario, d.for_version,
       sum(d.value) FILTER (WHERE whole),
       coalesce(sum(CASE WHEN d.over_org = 'none' THEN d.facts ELSE 1 END) FILTER (WHERE whole), 0),
       min(d.value) FILTER (WHERE whole),
       max(d.value) FILTER (WHERE whole),
       (max(ARRAY[d.date - DATE '2000-01-01', d.value]) FILTER (WHERE whole))[2],
       max(d.date) FILTER (WHERE whole),
       (max(ARRAY[d.date - DATE '2000-01-01', d.value]) FILTER (WHERE d.is_ytd))[2],
       sum(d.value) FILTER (WHERE d.is_quarter),
       bit_or(1::bigint << (d.date - d.month)),
       sum(d.weighted) FILTER (WHERE whole),
       sum(d.weight) FILTER (WHERE whole),
       max(d.missing)
FROM daily AS d
CROSS JOIN LATERAL (SELECT NOT d.is_ytd AND NOT d.is_quarter AS whole) AS kind
GROUP BY d.metric_id, d.org_id, d.month, d.dimset_id, d.scenario, d.for_version
