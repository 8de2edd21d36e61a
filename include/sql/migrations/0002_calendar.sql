-- The calendar day by day, with working days; which calendar is published stands with the configuration.
-- Grain: one row a date. Rerun: never; Alembic runs it once. Works on a warehouse that holds data: the two new columns
-- are null (their tables are locked for a moment, nothing is rewritten), so that the next publication fills all.

CREATE TABLE ledger.day (
    date date PRIMARY KEY,
    month date NOT NULL,
    quarter_start date NOT NULL,
    year integer NOT NULL,
    iso_week text NOT NULL,
    working boolean NOT NULL,
    holiday text
);
COMMENT ON TABLE ledger.day IS 'Every date of the calendar: the base period (month) and quarter that hold it, by their first days; '
    'year is the fiscal year';
COMMENT ON COLUMN ledger.day.working IS 'Whether people work: weekends worked in exchange for a holiday count, public holidays don''t';
COMMENT ON COLUMN ledger.day.holiday IS 'Public holiday, named in the country''s language';

ALTER TABLE ledger.period ADD COLUMN working_days integer;
COMMENT ON TABLE ledger.period IS 'Base periods (grain M: calendar months, 4-4-5 fiscal months or ISO weeks) and fiscal quarters; '
    'stop is exclusive; last_month is the start of the last base period in it, months their number; before_last_month the last '
    'one of the period before, null for the first of a fiscal year; year_ago is null for a 53rd week without one';
COMMENT ON COLUMN ledger.period.working_days IS 'Working days in it, from ledger.day';

ALTER TABLE ledger.configuration ADD COLUMN calendar text;
COMMENT ON COLUMN ledger.configuration.calendar IS 'The calendar that was published with it, in words';

CREATE OR REPLACE FUNCTION ledger.gather_statistics(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted NOT IN ('kpi', 'part', 'submission', 'coverage', 'period', 'day', 'org_tree', 'metric_version') THEN
        RAISE EXCEPTION 'no such table';
    END IF;
    EXECUTE format('ANALYZE ledger.%I', wanted);
END $$;

GRANT SELECT, INSERT, DELETE ON ledger.day TO kpi_loader;
