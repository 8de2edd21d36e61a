-- Primary against cross-check figures of the same metric, org unit and period, where they differ.
-- Grain: one row a new slice, metric and rival submission. Inputs: new_slice, :authority, :source. Compared, never added.
WITH rival AS (
    SELECT n.submission_id AS mine, s.submission_id AS theirs, s.source, n.org_id, n.period
    FROM new_slice AS n
    JOIN ledger.submission AS s ON s.superseded_at = 'infinity' AND s.source <> :source AND s.org_id = n.org_id
        AND s.period = n.period AND s.authority <> :authority
), sums AS (
    SELECT r.mine, r.theirs, f.metric_id,
           sum(f.value) FILTER (WHERE f.submission_id = r.mine) AS my_total,
           sum(f.value) FILTER (WHERE f.submission_id = r.theirs) AS their_total
    FROM rival AS r JOIN ledger.fact AS f ON f.submission_id IN (r.mine, r.theirs)
    WHERE f.scenario = 'A'
    GROUP BY r.mine, r.theirs, f.metric_id
)
SELECT o.unit AS org, r.period, m.metric, r.source AS rival_source, s.my_total, s.their_total
FROM sums AS s JOIN rival AS r USING (mine, theirs)
JOIN ledger.org AS o USING (org_id) JOIN ledger.metric AS m USING (metric_id)
WHERE s.my_total <> s.their_total
ORDER BY o.unit, r.period, m.metric
