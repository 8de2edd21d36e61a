-- The batch that holds a claim. Grain: one row.
SELECT batch_id, status FROM ledger.batch WHERE claim = :claim
