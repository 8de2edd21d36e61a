-- What the new submissions cover.
INSERT INTO ledger.coverage (submission_id, metric_id, scenario, month, has_currency)
SELECT submission_id, metric_id, scenario, month, has_currency FROM new_coverage
