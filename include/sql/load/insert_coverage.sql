-- What the new submissions cover.
INSERT INTO ledger.coverage (submission_id, metric_id, scenario, month)
SELECT DISTINCT submission_id, metric_id, scenario, month FROM new_coverage
