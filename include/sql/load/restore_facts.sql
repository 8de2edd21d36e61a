-- The facts of the submission that was put back, with where they were read.
INSERT INTO ledger.fact (submission_id, value, reported, date, month, metric_id, org_id, dimset_id, measure_id, row_no, col_no,
    metric_version, scenario, basis, grain, key, currency, weight, member, for_version)
SELECT :successor, value, reported, date, month, metric_id, org_id, dimset_id, measure_id, row_no, col_no,
    metric_version, scenario, basis, grain, key, currency, weight, member, for_version
FROM ledger.fact WHERE submission_id = :earlier
