-- One batch.
SELECT batch_id, source, run_id, filename, content_hash, archive_uri, window_start, window_end, mapping_version, status,
       rows_read, rows_accepted, rows_held, slices_unchanged, replays, forced, failure,
       CAST(spans AS text) AS spans, mark
FROM ledger.batch WHERE batch_id = :batch_id
