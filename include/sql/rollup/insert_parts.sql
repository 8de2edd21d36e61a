-- Stage 1: current facts of the touched keys to ingredients per metric x reporting unit x month x dimension set x
-- scenario. The last value of a month is that of its latest date (of several on one date, the one read last).
-- :first and :last bound the touched months, so that the planner prunes partitions.
INSERT INTO ledger.part (metric_id, org_id, month, dimset_id, scenario, total, n, smallest, largest, last_value,
    last_date, ytd, quarter_total, days)
SELECT f.metric_id, f.org_id, f.month, f.dimset_id, f.scenario,
       sum(f.value) FILTER (WHERE whole),
       count(*) FILTER (WHERE whole),
       min(f.value) FILTER (WHERE whole),
       max(f.value) FILTER (WHERE whole),
       (max(ARRAY[f.date - DATE '2000-01-01', f.row_no, f.value]) FILTER (WHERE whole))[3],
       max(f.date) FILTER (WHERE whole),
       (max(ARRAY[f.date - DATE '2000-01-01', f.row_no, f.value]) FILTER (WHERE f.basis = 'Y'))[3],
       sum(f.value) FILTER (WHERE f.grain = 'Q' AND f.basis <> 'Y'),
       bit_or(1 << (extract(day FROM f.date)::integer - 1))
FROM ledger.fact AS f
JOIN touched AS t ON t.metric_id = f.metric_id AND t.org_id = f.org_id AND t.month = f.month
CROSS JOIN LATERAL (SELECT f.basis <> 'Y' AND f.grain <> 'Q' AS whole) AS kind
WHERE f.month BETWEEN :first AND :last
  AND f.submission_id IN (
      SELECT s.submission_id FROM ledger.submission AS s
      WHERE s.superseded_at = 'infinity' AND s.authority = 'primary' AND s.org_id IN (SELECT org_id FROM touched)
        AND s.period_start < CAST(:last AS date) + 45 AND s.period_stop > CAST(:first AS date) - 100)
GROUP BY f.metric_id, f.org_id, f.month, f.dimset_id, f.scenario
