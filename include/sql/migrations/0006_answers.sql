-- Which dates a query of a system answers for, how far changes were read, and how many records a slice had.
-- Grain: one row a thing named by the table. Rerun: never; Alembic runs it once. Locks: ledger.batch and
-- ledger.submission, for a moment: columns without a default are added without touching a row.
ALTER TABLE ledger.batch ADD COLUMN spans datemultirange, ADD COLUMN mark text;
ALTER TABLE ledger.submission ADD COLUMN records integer;
COMMENT ON COLUMN ledger.batch.spans IS 'The dates that a system was asked for: what it doesn''t answer there is gone. Null for files';
COMMENT ON COLUMN ledger.batch.mark IS 'How far the source''s `cursor` was read. It holds once the batch is accepted or unchanged, '
    'so it moves in the transaction of the facts; null where any slice was held, which is asked for again';
COMMENT ON COLUMN ledger.submission.records IS 'Records (rows as reported) with a figure in the slice; null before this revision. '
    'A submission without facts says that its system no longer has the slice';
