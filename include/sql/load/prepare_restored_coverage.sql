-- What the slice that a withdrawal puts back covers.
INSERT INTO new_coverage (submission_id, metric_id, scenario, month)
SELECT :successor, metric_id, scenario, month FROM ledger.coverage WHERE submission_id = :earlier
