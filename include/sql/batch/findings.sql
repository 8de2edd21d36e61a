-- Findings of a batch in the order in which they were noted. Grain: one row a finding.
SELECT finding FROM ledger.check_result WHERE batch_id = :batch_id ORDER BY check_result_id
