-- How far the changes of a source were read: the mark of its last batch that went well. Grain: at most one row.
SELECT mark FROM ledger.batch
WHERE source = :source AND status IN ('accepted', 'unchanged') AND mark IS NOT NULL
ORDER BY batch_id DESC LIMIT 1
