-- Note which dates a system is asked for, and how far its changes were read. Inputs: :batch_id, the hull of the dates
-- (:window_start, :window_end), :spans, :mark.
UPDATE ledger.batch SET window_start = :window_start, window_end = :window_end, spans = CAST(:spans AS datemultirange), mark = :mark
WHERE batch_id = :batch_id AND finished_at IS NULL
