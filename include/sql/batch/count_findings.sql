-- Number of findings of a batch so far: a stage that runs again doesn't note them twice.
SELECT count(*) FROM ledger.check_result WHERE batch_id = :batch_id AND finding ->> 'stage' = :stage
