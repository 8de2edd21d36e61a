-- Stage 1: current facts of the touched keys to ingredients per metric x reporting unit x month x dimension set x
-- scenario. Facts of one date that differ by a key only (two shelves of one store) are one value first, as units of
-- the tree would be: added, or their average, minimum or maximum. The last value is that of the latest date.
-- :first and :last bound the touched months, so that the planner prunes partitions.
INSERT INTO ledger.part (metric_id, org_id, month, dimset_id, scenario, total, n, smallest, largest, last_value,
    last_date, ytd, quarter_total, days)
WITH counted AS (
    SELECT f.metric_id, f.org_id, f.month, f.dimset_id, f.scenario, f.date, f.value, f.basis = 'Y' AS is_ytd,
           f.grain = 'Q' AND f.basis <> 'Y' AS is_quarter, v.over_org
    FROM ledger.fact AS f
    JOIN touched AS t ON t.metric_id = f.metric_id AND t.org_id = f.org_id AND t.month = f.month
    JOIN ledger.metric_version AS v ON v.metric_id = f.metric_id AND v.version = f.metric_version
    WHERE f.month BETWEEN :first AND :last
      AND f.submission_id IN (
          SELECT s.submission_id FROM ledger.submission AS s
          WHERE s.superseded_at = 'infinity' AND s.authority = 'primary' AND s.org_id IN (SELECT org_id FROM touched)
            AND s.period_start < CAST(:last AS date) + 45 AND s.period_stop > CAST(:first AS date) - 100)
), daily AS (
    SELECT metric_id, org_id, month, dimset_id, scenario, date, is_ytd, is_quarter, max(over_org) AS over_org,
           count(*) AS facts,
           CASE max(over_org)
               WHEN 'average' THEN ledger.quotient(sum(value), count(*))
               WHEN 'min' THEN min(value)
               WHEN 'max' THEN max(value)
               ELSE sum(value) END AS value
    FROM counted
    GROUP BY metric_id, org_id, month, dimset_id, scenario, date, is_ytd, is_quarter
)
SELECT d.metric_id, d.org_id, d.month, d.dimset_id, d.scenario,
       sum(d.value) FILTER (WHERE whole),
       coalesce(sum(CASE WHEN d.over_org = 'none' THEN d.facts ELSE 1 END) FILTER (WHERE whole), 0),
       min(d.value) FILTER (WHERE whole),
       max(d.value) FILTER (WHERE whole),
       (max(ARRAY[d.date - DATE '2000-01-01', d.value]) FILTER (WHERE whole))[2],
       max(d.date) FILTER (WHERE whole),
       (max(ARRAY[d.date - DATE '2000-01-01', d.value]) FILTER (WHERE d.is_ytd))[2],
       sum(d.value) FILTER (WHERE d.is_quarter),
       bit_or(1 << (extract(day FROM d.date)::integer - 1))
FROM daily AS d
CROSS JOIN LATERAL (SELECT NOT d.is_ytd AND NOT d.is_quarter AS whole) AS kind
GROUP BY d.metric_id, d.org_id, d.month, d.dimset_id, d.scenario
