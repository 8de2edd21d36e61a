-- Shape of the last batch that counted before this one, under the same query and mapping. Grain: one row, or none.
SELECT earlier.shape
FROM ledger.batch AS mine
JOIN ledger.batch AS earlier USING (source, mapping_version)
WHERE mine.batch_id = :batch_id AND earlier.batch_id < mine.batch_id
  AND earlier.status IN ('accepted', 'unchanged') AND earlier.shape IS NOT NULL
ORDER BY earlier.batch_id DESC LIMIT 1
