-- The current facts of the touched keys, each with what its value is multiplied and divided by to stand in the metric's own
-- currency, and the rate that is missing where there is none. A stock takes the closing rate of its month, a flow the
-- average one; a quarter's figure the rate reported for that quarter. Grain: one row a fact.
-- Inputs: touched; :first and :last bound the touched months, so that the planner prunes partitions; :rates as in
-- touch_converted.sql, with :are_rates telling whether these or all other metrics are wanted.
CREATE TEMP TABLE current_fact ON COMMIT DROP AS
SELECT f.metric_id, f.org_id, f.month, f.dimset_id, f.scenario, coalesce(f.for_version, 0) AS for_version, f.date, f.value,
       f.currency, f.weight, f.member, f.basis = 'Y' AS is_ytd, f.grain = 'Q' AND f.basis <> 'Y' AS is_quarter,
       v.over_org, v.over_time = 'last' AS is_stock,
       CASE WHEN f.currency IS NULL THEN 1 ELSE there.rate END AS factor,
       CASE WHEN f.currency IS NULL THEN 1 ELSE own.rate END AS divisor,
       CASE WHEN f.currency IS NOT NULL AND (there.rate IS NULL OR own.rate IS NULL)
            THEN format('no %s rate for %s in %s', CASE WHEN kind.is_closing THEN 'closing' ELSE 'average' END,
                        CASE WHEN there.rate IS NULL THEN f.currency ELSE v.currency END, p.period) END AS missing
FROM ledger.fact AS f
JOIN touched AS t ON t.metric_id = f.metric_id AND t.org_id = f.org_id AND t.month = f.month
JOIN ledger.metric_version AS v ON v.metric_id = f.metric_id AND v.version = f.metric_version
CROSS JOIN LATERAL (SELECT f.basis = 'S' OR v.over_time = 'last' AS is_closing,
                           CASE WHEN f.grain = 'Q' THEN 'Q' ELSE 'M' END AS grain) AS kind
JOIN ledger.period AS m ON m.grain = 'M' AND m.start = f.month
JOIN ledger.period AS p ON p.grain::text = kind.grain AND p.start = CASE WHEN kind.grain = 'Q' THEN m.quarter_start ELSE m.start END
LEFT JOIN ledger.rate AS there ON there.currency = f.currency AND there.month = f.month AND there.is_closing = kind.is_closing
    AND there.grain = kind.grain
LEFT JOIN ledger.rate AS own ON f.currency IS NOT NULL AND own.currency = v.currency AND own.month = f.month
    AND own.is_closing = kind.is_closing AND own.grain = kind.grain
WHERE f.month BETWEEN :first AND :last
  AND (f.metric_id = ANY(CAST(:rates AS integer[]))) = :are_rates
  AND f.submission_id IN (
      SELECT s.submission_id FROM ledger.submission AS s
      WHERE s.superseded_at = 'infinity' AND s.authority = 'primary' AND s.org_id IN (SELECT org_id FROM touched)
        AND s.period_start < CAST(:last AS date) + 45 AND s.period_stop > CAST(:first AS date) - 100)
