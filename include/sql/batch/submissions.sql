-- Submissions of a batch. Grain: one row a submission.
SELECT s.submission_id AS submission, o.unit AS org, s.period, s.facts FROM ledger.submission AS s
JOIN ledger.org AS o USING (org_id) WHERE s.batch_id = :batch_id AND s.restores IS NULL ORDER BY o.unit, s.period_start
