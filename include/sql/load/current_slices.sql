-- Current submissions of a source that could be replaced. Grain: one row a slice.
SELECT org_id, period, grain, submission_id, cells_hash, mapping_version
FROM ledger.submission
WHERE source = :source AND superseded_at = 'infinity' AND period_start < :stop AND period_stop > :start
