-- The new submissions; see supersede.sql.
INSERT INTO ledger.submission (submission_id, batch_id, source, org_id, period, grain, period_start, period_stop,
    authority, cells_hash, mapping_version, facts, records, accepted_at)
OVERRIDING SYSTEM VALUE
SELECT submission_id, :batch_id, :source, org_id, period, grain, period_start, period_stop,
    :authority, cells_hash, :mapping_version, facts, records, :accepted_at
FROM new_slice
