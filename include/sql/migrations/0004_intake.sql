-- What became of each row of a delivery, and which delivery a replay reads again.
-- Grain: one row a thing named by the table. Rerun: never; Alembic runs it once. Locks: ledger.batch, for the moment
-- that new columns and the check of its rows take (a row a delivery: small).

DO $$
DECLARE
    functions text;
    views text;
BEGIN
    -- Made again by include/sql/bi; without CASCADE, so that a view of somebody else's that hangs on one is told, not lost.
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO functions FROM pg_proc AS p WHERE p.pronamespace = 'bi'::regnamespace;
    SELECT string_agg(c.oid::regclass::text, ', ') INTO views FROM pg_class AS c
    WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'v';
    IF functions IS NOT NULL THEN EXECUTE 'DROP FUNCTION ' || functions; END IF;
    IF views IS NOT NULL THEN EXECUTE 'DROP VIEW ' || views; END IF;
END $$;

ALTER TABLE ledger.batch
    ADD COLUMN replays bigint REFERENCES ledger.batch,
    ADD COLUMN forced boolean NOT NULL DEFAULT false,
    ADD COLUMN rows_accepted bigint,
    ADD COLUMN rows_held bigint,
    ADD COLUMN slices_unchanged integer,
    ADD CONSTRAINT every_row_accounted CHECK (rows_accepted + rows_held = rows_read);
COMMENT ON COLUMN ledger.batch.replays IS 'The delivery whose archived file this batch reads again: never itself a replay';
COMMENT ON COLUMN ledger.batch.forced IS 'Whether the replay may replace what was delivered or withdrawn since';
COMMENT ON COLUMN ledger.batch.rows_accepted IS 'Rows that count, or counted already; null for batches before this revision, '
    'and for files that could not be read into rows';
COMMENT ON COLUMN ledger.batch.rows_held IS 'Rows in quarantine: refused, or of a slice that is held whole';

CREATE TABLE ledger.quarantine (
    batch_id bigint NOT NULL REFERENCES ledger.batch,
    unit text NOT NULL,
    period text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (batch_id, unit, period)
);
COMMENT ON TABLE ledger.quarantine IS 'Slices of a batch that were kept back; unit or period is empty where the rows don''t tell it. '
    'The rows themselves are in the archived file';

CREATE TABLE ledger.stray (
    place text NOT NULL,
    version text NOT NULL,
    told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (place, version)
);
COMMENT ON TABLE ledger.stray IS 'Files in the inbox that no source collects, each told once';

UPDATE ledger.batch SET reported = true;

GRANT SELECT, INSERT ON ledger.quarantine, ledger.stray TO kpi_loader;
