-- Number of mails that wait.
SELECT count(*) FROM ledger.message WHERE sent_at IS NULL AND attempts < :attempts
