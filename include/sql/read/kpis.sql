-- KPIs as `./kpi show` lists them. {board} is one of the boards. Grain: as the board.
-- Inputs that are null don't filter; :by is the one dimension to split by, '' for totals.
SELECT * FROM {board}
WHERE metric = :metric
  AND (CAST(:org AS text) IS NULL OR org = :org)
  AND (CAST(:period AS text) IS NULL OR period = :period)
  AND (CAST(:year AS integer) IS NULL OR year = :year)
  AND (CAST(:version AS integer) IS NULL OR metric_version = :version)
  AND CASE WHEN :by = '' THEN dimensions = '{}'::jsonb
           ELSE jsonb_exists(dimensions, :by) AND (SELECT count(*) FROM jsonb_object_keys(dimensions)) = 1 END
ORDER BY org_path, period_start, dimensions
