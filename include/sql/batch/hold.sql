-- Hold a batch to the transaction's end; whether it is still to be loaded. Grain: one row.
SELECT finished_at IS NULL FROM ledger.batch WHERE batch_id = :batch_id FOR UPDATE
