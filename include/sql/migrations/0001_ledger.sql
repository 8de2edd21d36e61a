-- The ledger: what was delivered (batch, submission, fact), what it means (catalogue, org tree, calendar),
-- what was computed from it (part, kpi), and what waits to be done (touched_*, message).
-- Grain: one row a thing named by the table. Rerun: never; Alembic runs it once.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kpi_loader') THEN CREATE ROLE kpi_loader NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kpi_reader') THEN CREATE ROLE kpi_reader NOLOGIN; END IF;
    EXECUTE format('GRANT kpi_loader TO %I', current_user);
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of the server was quicker
END $$;

CREATE SCHEMA ledger;
CREATE SCHEMA bi;
COMMENT ON SCHEMA ledger IS 'Append-only facts, submissions and what is computed from them; not for BI tools';
COMMENT ON SCHEMA bi IS 'Documented views for BI tools and analysts';

-- What the configuration says, published here so that SQL can join it -----------------------------------------

CREATE TABLE ledger.configuration (
    fingerprint text PRIMARY KEY,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ledger.configuration IS 'Each state of config/ that was published; the newest is in force';

CREATE TABLE ledger.period (
    grain "char" NOT NULL CHECK (grain IN ('M', 'Q')),
    start date NOT NULL,
    period text NOT NULL,
    stop date NOT NULL,
    year integer NOT NULL,
    year_start date NOT NULL,
    quarter text NOT NULL,
    quarter_start date NOT NULL,
    last_month date NOT NULL,
    months integer NOT NULL,
    before_last_month date,
    previous date,
    year_ago date,
    PRIMARY KEY (grain, start),
    UNIQUE (grain, period)
);
COMMENT ON TABLE ledger.period IS 'Fiscal months and quarters; stop is exclusive; last_month is the start of the last '
    'month in it; before_last_month the same of the period before, null for the first of a fiscal year';

CREATE TABLE ledger.org (
    org_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit text NOT NULL UNIQUE,
    name_zh text NOT NULL DEFAULT '',
    name_en text NOT NULL DEFAULT ''
);

CREATE TABLE ledger.org_line (
    org_id integer NOT NULL REFERENCES ledger.org,
    parent_id integer REFERENCES ledger.org,
    level text,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    ownership numeric NOT NULL,
    PRIMARY KEY (org_id, valid_from)
);
COMMENT ON TABLE ledger.org_line IS 'A unit''s place in the tree for [valid_from, valid_to)';

CREATE TABLE ledger.org_tree (
    org_id integer NOT NULL REFERENCES ledger.org,
    ancestor_id integer NOT NULL REFERENCES ledger.org,
    depth integer NOT NULL,
    path text NOT NULL,
    root boolean NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    PRIMARY KEY (org_id, ancestor_id, valid_from)
);
CREATE INDEX ON ledger.org_tree (ancestor_id);
COMMENT ON TABLE ledger.org_tree IS 'Each unit under each of its ancestors (itself at depth 0) for [valid_from, valid_to); '
    'root rows carry the full path /group/east/plant';

CREATE TABLE ledger.metric (
    metric_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    metric text NOT NULL UNIQUE
);

CREATE TABLE ledger.metric_version (
    metric_id integer NOT NULL REFERENCES ledger.metric,
    version integer NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    definition_zh text NOT NULL,
    definition_en text NOT NULL,
    unit text NOT NULL,
    owner text NOT NULL,
    steward text,
    tier text NOT NULL,
    better text NOT NULL CHECK (better IN ('up', 'down', 'band')),
    band_low numeric,
    band_high numeric,
    amber_within numeric NOT NULL,
    kind text NOT NULL CHECK (kind IN ('base', 'ratio', 'formula')),
    over_time text NOT NULL,
    over_org text NOT NULL,
    formula text,
    dimensions text[] NOT NULL,
    status text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    PRIMARY KEY (metric_id, version)
);

CREATE TABLE ledger.expectation (
    metric_id integer NOT NULL REFERENCES ledger.metric,
    org_id integer NOT NULL REFERENCES ledger.org,
    valid_from date NOT NULL,
    valid_to date NOT NULL
);
COMMENT ON TABLE ledger.expectation IS 'Which unit owes which metric, from the sources'' expects; a metric without a line '
    'is owed by every unit from its first delivery on';

CREATE TABLE ledger.source (
    source text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    department text,
    owner text,
    kind text NOT NULL,
    authority text NOT NULL
);

-- What was delivered -------------------------------------------------------------------------------------------

CREATE TABLE ledger.batch (
    batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    run_id text NOT NULL,
    run_url text NOT NULL DEFAULT '',
    claim text UNIQUE,
    filename text NOT NULL DEFAULT '',
    content_hash text,
    archive_uri text,
    window_start date,
    window_end date,
    mapping_version text NOT NULL,
    status text NOT NULL DEFAULT 'read'
        CHECK (status IN ('read', 'validated', 'standardised', 'accepted', 'unchanged', 'refused', 'failed')),
    rows_read bigint,
    failure text,
    reported boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);
CREATE INDEX ON ledger.batch (source, batch_id);
CREATE INDEX ON ledger.batch (run_id);
COMMENT ON COLUMN ledger.batch.claim IS 'Inbox URI and version of the file: the unique row is what claims it';
COMMENT ON COLUMN ledger.batch.reported IS 'Whether its outcome has been told to its owners';

CREATE TABLE ledger.submission (
    submission_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id bigint NOT NULL REFERENCES ledger.batch,
    source text NOT NULL,
    org_id integer NOT NULL REFERENCES ledger.org,
    period text NOT NULL,
    grain "char" NOT NULL,
    period_start date NOT NULL,
    period_stop date NOT NULL,
    authority text NOT NULL CHECK (authority IN ('primary', 'cross_check')),
    cells_hash text NOT NULL,
    mapping_version text NOT NULL,
    facts integer NOT NULL,
    restores bigint REFERENCES ledger.submission,
    accepted_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    superseded_by bigint,
    withdrawn text,
    CHECK (accepted_at < superseded_at)
);
CREATE UNIQUE INDEX submission_current ON ledger.submission (source, org_id, period) WHERE superseded_at = 'infinity';
CREATE INDEX submission_org ON ledger.submission (org_id, period_start) WHERE superseded_at = 'infinity';
CREATE INDEX ON ledger.submission (batch_id);
CREATE INDEX ON ledger.submission (source, period_start) WHERE superseded_at = 'infinity';
CREATE INDEX ON ledger.submission (accepted_at);
CREATE INDEX ON ledger.submission (superseded_at);
COMMENT ON COLUMN ledger.submission.grain IS 'Slice grain: D day, M month, Q quarter';
COMMENT ON COLUMN ledger.submission.restores IS 'The earlier submission whose facts it repeats, after a withdrawal';
COMMENT ON COLUMN ledger.submission.withdrawn IS 'Why it was taken back, where it was';

CREATE TABLE ledger.coverage (
    submission_id bigint NOT NULL REFERENCES ledger.submission DEFERRABLE INITIALLY DEFERRED,
    metric_id integer NOT NULL REFERENCES ledger.metric,
    scenario "char" NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (submission_id, metric_id, scenario, month)
);
COMMENT ON TABLE ledger.coverage IS 'Which metrics and months a submission reports: one number comes from one place';

CREATE TABLE ledger.dimset (
    dimset_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dimensions jsonb NOT NULL UNIQUE
);

CREATE TABLE ledger.dimset_rollup (
    dimset_id integer NOT NULL REFERENCES ledger.dimset,
    coarser_id integer NOT NULL REFERENCES ledger.dimset,
    PRIMARY KEY (dimset_id, coarser_id)
);
COMMENT ON TABLE ledger.dimset_rollup IS 'The sets a dimension set adds to: itself, each of its dimensions alone, the total {}';

CREATE TABLE ledger.measure (
    measure_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    sheet text NOT NULL,
    measure text NOT NULL,
    unit text NOT NULL,
    UNIQUE (source, sheet, measure, unit)
);
COMMENT ON TABLE ledger.measure IS 'A reported column or row label, with the sheet it stands on and the unit it is reported in';

CREATE TABLE ledger.fact (
    submission_id bigint NOT NULL,
    value numeric NOT NULL,
    reported numeric NOT NULL,
    date date NOT NULL,
    month date NOT NULL,
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    dimset_id integer NOT NULL,
    measure_id integer NOT NULL,
    row_no integer,
    col_no integer,
    metric_version smallint NOT NULL,
    scenario "char" NOT NULL,
    basis "char" NOT NULL,
    grain "char" NOT NULL,
    key text
) PARTITION BY RANGE (month);
CREATE INDEX ON ledger.fact (submission_id);
COMMENT ON TABLE ledger.fact IS 'One value of one metric for one org unit, date and dimension set, with where it was read. '
    'Never updated or deleted: the submission decides whether it counts';
COMMENT ON COLUMN ledger.fact.basis IS 'F flow, Y year-to-date, S stock';
COMMENT ON COLUMN ledger.fact.grain IS 'What the value covers: D day, M month, Q quarter';
COMMENT ON COLUMN ledger.fact.scenario IS 'A actual, T target, B budget, F forecast';

CREATE FUNCTION ledger.ensure_partition(wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', wanted);
    partition text := format('fact_%s', to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass('ledger.' || partition) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('ledger.ensure_partition'));
    END IF;
    IF to_regclass('ledger.' || partition) IS NULL THEN
        -- Made apart and attached: unlike CREATE TABLE ... PARTITION OF, that stops no reader and no other load.
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.fact INCLUDING DEFAULTS)', partition);
        EXECUTE format('ALTER TABLE ledger.fact ATTACH PARTITION ledger.%I FOR VALUES FROM (%L) TO (%L)',
                       partition, first, (first + interval '1 month')::date);
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger.ensure_partition(date) FROM PUBLIC;

CREATE TABLE ledger.check_result (
    check_result_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id bigint NOT NULL REFERENCES ledger.batch,
    code text NOT NULL,
    level text NOT NULL CHECK (level IN ('error', 'warning')),
    rule text NOT NULL DEFAULT '',
    org text NOT NULL DEFAULT '',
    period text NOT NULL DEFAULT '',
    sheet text NOT NULL DEFAULT '',
    cell text NOT NULL DEFAULT '',
    col text NOT NULL DEFAULT '',
    found text NOT NULL DEFAULT '',
    finding jsonb NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON ledger.check_result (batch_id);

-- What is computed ---------------------------------------------------------------------------------------------

CREATE TABLE ledger.part (
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    month date NOT NULL,
    dimset_id integer NOT NULL,
    scenario "char" NOT NULL,
    total numeric,
    n integer NOT NULL,
    smallest numeric,
    largest numeric,
    last_value numeric,
    last_date date,
    ytd numeric,
    quarter_total numeric,
    days integer NOT NULL,
    PRIMARY KEY (metric_id, org_id, month, dimset_id, scenario)
);
COMMENT ON TABLE ledger.part IS 'Ingredients of a KPI per reporting unit and month, from the current facts: total, n, smallest, '
    'largest and last of day and month values; ytd and quarter_total where reported so; days has a bit a day with a value';

CREATE TABLE ledger.kpi (
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    grain "char" NOT NULL,
    start date NOT NULL,
    dimset_id integer NOT NULL,
    scenario "char" NOT NULL,
    metric_version integer NOT NULL,
    value numeric,
    ytd numeric,
    completeness numeric,
    reason text,
    reported integer NOT NULL,
    restated boolean NOT NULL,
    computed_at timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL DEFAULT 'infinity',
    CHECK (computed_at < superseded_at)
);
CREATE UNIQUE INDEX kpi_current ON ledger.kpi (metric_id, grain, start, org_id, dimset_id, scenario)
    WHERE superseded_at = 'infinity';
CREATE INDEX kpi_newest ON ledger.kpi (computed_at) WHERE superseded_at = 'infinity';
CREATE INDEX kpi_history ON ledger.kpi (metric_id, grain, start, org_id);
COMMENT ON COLUMN ledger.kpi.reported IS 'Days with values, added up over reporting units: a period that still grows isn''t restated';
COMMENT ON TABLE ledger.kpi IS 'A metric at an org unit and period; a new row only when something changed: the history of restatements';

-- What waits ---------------------------------------------------------------------------------------------------

CREATE TABLE ledger.touched_month (
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    month date NOT NULL,
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ledger.touched_quarter (LIKE ledger.touched_month INCLUDING DEFAULTS);
COMMENT ON TABLE ledger.touched_month IS 'Reporting unit x metric x month whose month KPIs are to be recomputed';
COMMENT ON TABLE ledger.touched_quarter IS 'The same for quarter KPIs; month is the start of the quarter';

CREATE TABLE ledger.message (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz,
    sent_to text,
    attempts integer NOT NULL DEFAULT 0,
    failure text
);
CREATE INDEX ON ledger.message (message_id) WHERE sent_at IS NULL;
COMMENT ON COLUMN ledger.message.sent_to IS 'smtp, or the .eml file where no SMTP connection is configured';

CREATE FUNCTION ledger.quotient(dividend numeric, divisor numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim_scale(round(div(dividend * 10000000000000, nullif(divisor, 0)) * 0.0000000000001, 12));
COMMENT ON FUNCTION ledger.quotient IS 'Rounded half-up (away from zero) to 12 places; null where the divisor is 0. '
    'Whole thirteenth places, cut off: they decide the rounding, and no digit beyond them can';

CREATE FUNCTION ledger.gather_statistics(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted NOT IN ('kpi', 'part', 'submission', 'coverage', 'period', 'org_tree', 'metric_version') THEN RAISE EXCEPTION 'no such table'; END IF;
    EXECUTE format('ANALYZE ledger.%I', wanted);
END $$;
REVOKE ALL ON FUNCTION ledger.gather_statistics(text) FROM PUBLIC;
COMMENT ON FUNCTION ledger.gather_statistics IS 'Statistics of a table that has just grown: without them the next plan takes it '
    'for empty, and autovacuum comes a minute late. Only an owner may ANALYZE, so the loader asks here';

DO $$
BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO kpi_loader', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'kpi_loader needs TEMPORARY on this database, which by default everybody has';
END $$;

-- Who may do what: the loader inserts facts and never changes one ------------------------------------------------

GRANT USAGE ON SCHEMA ledger TO kpi_loader;
GRANT USAGE ON SCHEMA bi TO kpi_loader, kpi_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO kpi_loader;
GRANT INSERT ON ledger.fact, ledger.submission, ledger.coverage, ledger.batch, ledger.check_result, ledger.dimset,
    ledger.dimset_rollup, ledger.measure, ledger.touched_month, ledger.touched_quarter, ledger.message, ledger.part,
    ledger.kpi, ledger.configuration, ledger.period, ledger.org, ledger.org_line, ledger.org_tree, ledger.metric,
    ledger.metric_version, ledger.expectation, ledger.source TO kpi_loader;
GRANT UPDATE (superseded_at, superseded_by, withdrawn) ON ledger.submission TO kpi_loader;
GRANT UPDATE (superseded_at) ON ledger.kpi TO kpi_loader;
GRANT UPDATE ON ledger.batch, ledger.message, ledger.org, ledger.metric_version, ledger.source, ledger.configuration TO kpi_loader;
GRANT DELETE ON ledger.touched_month, ledger.touched_quarter, ledger.part, ledger.org_line, ledger.org_tree,
    ledger.metric_version, ledger.expectation, ledger.source, ledger.period TO kpi_loader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ledger TO kpi_loader;
GRANT EXECUTE ON FUNCTION ledger.ensure_partition(date), ledger.gather_statistics(text) TO kpi_loader;
GRANT USAGE ON SCHEMA ledger TO kpi_reader;
