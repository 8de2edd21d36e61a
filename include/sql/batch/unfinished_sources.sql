-- Sources with files that were taken in at least :quiet seconds ago and aren't finished. Grain: one row a source.
SELECT source FROM ledger.batch WHERE finished_at IS NULL AND archive_uri IS NOT NULL
GROUP BY source HAVING max(started_at) < clock_timestamp() - make_interval(secs => :quiet) ORDER BY source
