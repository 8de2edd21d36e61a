-- Make the fact partitions of the given months where they are missing.
SELECT ledger.ensure_partition(month) FROM unnest(CAST(:months AS date[])) AS month
