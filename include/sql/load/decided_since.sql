-- Where a replay would undo what was decided since its delivery: a later delivery of the slice counts, or what the
-- delivery had brought was withdrawn. Inputs: :source, :delivery (the batch that is read again), the slices (:orgs,
-- :periods). Grain: one row a slice. A restored submission counts as the one that it restores.
WITH slice AS (
    SELECT org_id, period FROM unnest(CAST(:orgs AS integer[]), CAST(:periods AS text[])) AS n (org_id, period)
), later AS (
    SELECT s.org_id, s.period, s.submission_id, b.filename, s.accepted_at AS moment, 'delivered' AS how
    FROM slice AS n JOIN ledger.submission AS s USING (org_id, period) JOIN ledger.batch AS b USING (batch_id)
    WHERE s.source = :source AND s.superseded_at = 'infinity' AND coalesce(b.replays, b.batch_id) > :delivery
    UNION ALL
    SELECT s.org_id, s.period, s.submission_id, b.filename, s.superseded_at, 'withdrawn'
    FROM slice AS n JOIN ledger.submission AS s USING (org_id, period) JOIN ledger.batch AS b USING (batch_id)
    WHERE s.source = :source AND s.withdrawn IS NOT NULL AND coalesce(b.replays, b.batch_id) = :delivery
      AND NOT EXISTS (SELECT FROM ledger.submission AS t JOIN ledger.batch AS d USING (batch_id)
                      WHERE t.source = s.source AND t.org_id = s.org_id AND t.period = s.period AND t.restores IS NULL
                        AND t.superseded_at = 'infinity' AND coalesce(d.replays, d.batch_id) = :delivery)
)
SELECT DISTINCT ON (l.org_id, l.period) l.org_id, o.unit AS org, l.period, l.submission_id, l.filename, l.moment, l.how
FROM later AS l JOIN ledger.org AS o USING (org_id)
ORDER BY l.org_id, l.period, l.moment DESC
