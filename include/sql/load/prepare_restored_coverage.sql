-- What the slice that a withdrawal puts back covers.
INSERT INTO new_coverage (submission_id, metric_id, scenario, month, has_currency)
SELECT :successor, metric_id, scenario, month, has_currency FROM ledger.coverage WHERE submission_id = :earlier
