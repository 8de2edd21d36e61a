-- How many slices a batch brought, and how many of them replaced earlier submissions. Grain: one row.
SELECT count(*) AS slices, count(*) FILTER (WHERE EXISTS (
           SELECT FROM ledger.submission AS o WHERE o.superseded_by = s.submission_id)) AS replaced
FROM ledger.submission AS s WHERE s.batch_id = :batch_id AND s.restores IS NULL
