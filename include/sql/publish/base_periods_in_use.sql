-- First days of the base periods by which facts were written; none while the warehouse holds no submission.
-- Grain: one row a base period.
SELECT start FROM ledger.period WHERE grain = 'M' AND EXISTS (SELECT FROM ledger.submission)
