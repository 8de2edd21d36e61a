-- Open a batch; a claim that stands already gives no row (another run has the file, or an earlier one left it).
INSERT INTO ledger.batch (source, run_id, run_url, claim, filename, content_hash, archive_uri, window_start, window_end,
    mapping_version, replays, forced, spans)
VALUES (:source, :run_id, :run_url, :claim, :filename, :content_hash, :archive_uri, :window_start, :window_end,
    :mapping_version, :replays, :forced, CAST(:spans AS datemultirange))
ON CONFLICT (claim) DO NOTHING
RETURNING batch_id
