-- Rows of the last accepted batch of a source before this one; no row where there is none.
SELECT rows_read FROM ledger.batch
WHERE source = :source AND status IN ('accepted', 'unchanged') AND batch_id < :batch_id
ORDER BY batch_id DESC LIMIT 1
