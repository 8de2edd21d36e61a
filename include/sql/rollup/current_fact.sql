-- The current facts of the touched keys, each with what its value is multiplied and divided by to stand in the metric's own
-- currency, and the rate that is missing where there is none. A stock takes the closing rate of its month, a flow the
-- average one; a quarter's figure the rate reported for that quarter. Rates are looked up for foreign values only: a join
-- would sort all others too. Grain: one row a fact.
-- Inputs: touched, rate; :first and :last bound the touched months, so that the planner prunes partitions; :rates as in
-- touch_converted.sql, with :are_rates telling whether these or all other metrics are wanted.
SELECT f.metric_id, f.org_id, f.month, f.dimset_id, f.scenario, coalesce(f.for_version, 0) AS for_version, f.date, f.value,
       f.currency, f.weight, f.member, f.basis = 'Y' AS is_ytd, f.grain = 'Q' AND f.basis <> 'Y' AS is_quarter,
       v.over_org, v.over_time = 'last' AS is_stock,
       CASE WHEN f.currency IS NULL THEN 1 ELSE (
           SELECT r.rate FROM rate AS r WHERE r.month = f.month AND r.currency = f.currency
               AND r.is_closing = (f.basis = 'S' OR v.over_time = 'last') AND r.is_quarter = (f.grain = 'Q')) END AS factor,
       CASE WHEN f.currency IS NULL THEN 1 ELSE (
           SELECT r.rate FROM rate AS r WHERE r.month = f.month AND r.currency = v.currency
               AND r.is_closing = (f.basis = 'S' OR v.over_time = 'last') AND r.is_quarter = (f.grain = 'Q')) END AS divisor,
       CASE WHEN f.currency IS NULL THEN NULL ELSE (
           SELECT min(format('no %s rate for %s in %s', CASE WHEN f.basis = 'S' OR v.over_time = 'last' THEN 'closing'
                                                             ELSE 'average' END, needed.currency, p.period))
           FROM unnest(ARRAY[f.currency, v.currency]) AS needed (currency)
           JOIN ledger.period AS m ON m.grain = 'M' AND m.start = f.month
           JOIN ledger.period AS p ON p.grain = CASE WHEN f.grain = 'Q' THEN 'Q'::"char" ELSE 'M' END
               AND p.start = CASE WHEN f.grain = 'Q' THEN m.quarter_start ELSE m.start END
           WHERE NOT EXISTS (
               SELECT FROM rate AS r WHERE r.month = f.month AND r.currency = needed.currency
                   AND r.is_closing = (f.basis = 'S' OR v.over_time = 'last') AND r.is_quarter = (f.grain = 'Q'))
       ) END AS missing
FROM ledger.fact AS f
JOIN touched AS t ON t.metric_id = f.metric_id AND t.org_id = f.org_id AND t.month = f.month
JOIN ledger.metric_version AS v ON v.metric_id = f.metric_id AND v.version = f.metric_version
WHERE f.month BETWEEN :first AND :last
  AND (f.metric_id = ANY(CAST(:rates AS integer[]))) = :are_rates
  AND f.submission_id IN (
      SELECT s.submission_id FROM ledger.submission AS s
      WHERE s.superseded_at = 'infinity' AND s.authority = 'primary' AND s.org_id IN (SELECT org_id FROM touched)
        AND s.period_start < CAST(:last AS date) + 45 AND s.period_stop > CAST(:first AS date) - 100)
