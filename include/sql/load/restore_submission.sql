-- Put an earlier submission back in force as a new one; its facts follow by restore_facts.sql.
INSERT INTO ledger.submission (submission_id, batch_id, source, org_id, period, grain, period_start, period_stop,
    authority, cells_hash, mapping_version, facts, records, restores, accepted_at)
OVERRIDING SYSTEM VALUE
SELECT :successor, batch_id, source, org_id, period, grain, period_start, period_stop,
    authority, cells_hash, mapping_version, facts, records, coalesce(restores, submission_id), :accepted_at
FROM ledger.submission WHERE submission_id = :earlier
