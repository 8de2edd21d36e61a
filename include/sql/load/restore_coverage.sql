-- What the submission that was put back covers.
INSERT INTO ledger.coverage (submission_id, metric_id, scenario, month, has_currency)
SELECT :successor, metric_id, scenario, month, has_currency FROM ledger.coverage WHERE submission_id = :earlier
