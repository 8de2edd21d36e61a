-- Put the new slices in force: the earlier submission of each ends at the moment at which the new one begins.
-- Inputs: new_slice, :source, :accepted_at. Grain: one row, the number of slices replaced.
WITH ended AS (
    UPDATE ledger.submission AS s SET superseded_at = :accepted_at, superseded_by = n.submission_id
    FROM new_slice AS n
    WHERE s.superseded_at = 'infinity' AND s.source = :source AND s.org_id = n.org_id AND s.period = n.period
    RETURNING s.submission_id
)
SELECT count(*) FROM ended
