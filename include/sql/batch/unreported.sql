-- Runs that ended and whose outcome nobody was told of, quiet for :quiet seconds. Grain: one row a run.
SELECT source, run_id, max(run_url) AS url FROM ledger.batch
WHERE NOT reported AND finished_at IS NOT NULL
GROUP BY source, run_id HAVING max(finished_at) < clock_timestamp() - make_interval(secs => :quiet)
ORDER BY min(batch_id)
