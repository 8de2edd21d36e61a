-- Number of mails that a run has queued: a report that runs again doesn't write twice.
SELECT count(*) FROM ledger.message WHERE run_id = :run_id
