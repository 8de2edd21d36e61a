-- A touched currency rate touches what is converted by it: every metric x unit with a foreign value in that month, or in
-- the quarter of a rate for quarters. Inputs: touched_cause, :rates (numbers of the rate metrics).
INSERT INTO touched_cause (metric_id, org_id, month, submission_id, cause)
SELECT DISTINCT c.metric_id, s.org_id, c.month, t.submission_id, t.cause
FROM touched_cause AS t
JOIN ledger.coverage AS c ON c.has_currency AND c.month = t.month
JOIN ledger.submission AS s ON s.submission_id = c.submission_id AND s.superseded_at = 'infinity' AND s.authority = 'primary'
WHERE t.metric_id = ANY(CAST(:rates AS integer[]))
