-- What the submission that was put back covers.
INSERT INTO ledger.coverage (submission_id, metric_id, scenario, month)
SELECT :successor, metric_id, scenario, month FROM ledger.coverage WHERE submission_id = :earlier
