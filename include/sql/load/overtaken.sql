-- A later query of the source for some of the same dates that was loaded already: what it read is newer.
-- Inputs: :source, :batch_id, :spans. Grain: at most one row.
SELECT batch_id FROM ledger.batch
WHERE source = :source AND batch_id > :batch_id AND status IN ('accepted', 'unchanged')
  AND spans && CAST(:spans AS datemultirange)
ORDER BY batch_id DESC LIMIT 1
