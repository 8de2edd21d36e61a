-- Bases of a KPI (the tree as it was, as it is, like for like; other definition versions), currencies, weights, distinct
-- members, rolling figures, causes of restatements, and the reference data of past boards.
-- Grain: one row a thing named by the table. Rerun: never; Alembic runs it once. Locks: every table that it alters, for
-- the moment that a change of the catalogue takes; indexes of ledger.kpi and ledger.part are built anew.

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

-- The tree, four times ------------------------------------------------------------------------------------------

ALTER TABLE ledger.org_tree
    ADD COLUMN tree text NOT NULL DEFAULT 'W' CHECK (tree IN ('W', 'I', 'L', 'N')),
    ADD COLUMN share numeric NOT NULL DEFAULT 1,
    DROP CONSTRAINT org_tree_pkey,
    ADD PRIMARY KEY (tree, org_id, ancestor_id, valid_from);
COMMENT ON COLUMN ledger.org_tree.tree IS 'W as it was, I as the tree stands today, L and N only units present in both of two '
    'periods a year apart: L the later one, N the earlier';
COMMENT ON COLUMN ledger.org_tree.share IS 'Product of the ownership on the way up, the ancestor''s own not counted';

CREATE TABLE ledger.basis_year (
    tree text NOT NULL,
    org_id integer NOT NULL REFERENCES ledger.org,
    year_start date NOT NULL,
    PRIMARY KEY (tree, org_id, year_start)
);
COMMENT ON TABLE ledger.basis_year IS 'Where a tree makes another KPI than the tree as it was: elsewhere KPIs of basis W stand for it too';

ALTER TABLE ledger.configuration ADD COLUMN tree_of date;
COMMENT ON COLUMN ledger.configuration.tree_of IS 'The day whose tree is the one as it stands today';

-- What a value needs beside itself ------------------------------------------------------------------------------

ALTER TABLE ledger.metric_version
    ADD COLUMN currency text,
    ADD COLUMN carry_forward integer,
    ADD COLUMN consolidation text NOT NULL DEFAULT 'full' CHECK (consolidation IN ('full', 'proportionate')),
    ADD COLUMN grain text NOT NULL DEFAULT 'day' CHECK (grain IN ('day', 'month', 'quarter'));
COMMENT ON COLUMN ledger.metric_version.currency IS 'ISO 4217 code in the metric''s unit; null where it holds no currency';
COMMENT ON COLUMN ledger.metric_version.carry_forward IS 'Days before a period''s end that its last value may be dated';
COMMENT ON COLUMN ledger.metric_version.consolidation IS 'Whether units count in full or with the share that is owned';

CREATE TABLE ledger.elimination (
    metric_id integer NOT NULL REFERENCES ledger.metric,
    partner_metric_id integer NOT NULL REFERENCES ledger.metric,
    dimension text NOT NULL,
    tolerance numeric NOT NULL,
    PRIMARY KEY (metric_id, partner_metric_id, dimension)
);
COMMENT ON TABLE ledger.elimination IS 'Intra-group pairs, each from both sides: what one unit reports as metric with another as '
    'the dimension''s value, the other reports as the partner metric';

ALTER TABLE ledger.org_line ADD COLUMN into_id integer REFERENCES ledger.org;
COMMENT ON COLUMN ledger.org_line.into_id IS 'The unit that it merged into at valid_to';

ALTER TABLE ledger.fact
    ADD COLUMN currency text,
    ADD COLUMN weight numeric,
    ADD COLUMN member text,
    ADD COLUMN for_version smallint;
COMMENT ON COLUMN ledger.fact.currency IS 'Currency of the value where it isn''t the metric''s own: converted in the rollup';
COMMENT ON COLUMN ledger.fact.weight IS 'Weight of a weighted average''s value';
COMMENT ON COLUMN ledger.fact.member IS 'What a distinct count counts';
COMMENT ON COLUMN ledger.fact.for_version IS 'Definition version that the source reports for, where it says so';

ALTER TABLE ledger.coverage ADD COLUMN has_currency boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN ledger.coverage.has_currency IS 'Whether any value needs a currency rate: a changed rate touches it';

ALTER TABLE ledger.part
    ADD COLUMN for_version smallint NOT NULL DEFAULT 0,
    ADD COLUMN weighted numeric,
    ADD COLUMN weight numeric,
    ADD COLUMN missing text,
    ALTER COLUMN days TYPE bigint,
    DROP CONSTRAINT part_pkey,
    ADD PRIMARY KEY (metric_id, org_id, month, dimset_id, scenario, for_version);
COMMENT ON COLUMN ledger.part.for_version IS 'Definition version that it was reported for; 0 for the one in force';
COMMENT ON COLUMN ledger.part.missing IS 'The currency rate that isn''t there; totals are null then';

CREATE TABLE ledger.part_member (
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    month date NOT NULL,
    dimset_id integer NOT NULL,
    scenario "char" NOT NULL,
    for_version smallint NOT NULL,
    member text NOT NULL,
    PRIMARY KEY (metric_id, org_id, month, dimset_id, scenario, for_version, member)
);
COMMENT ON TABLE ledger.part_member IS 'The members that distinct metrics count, per reporting unit and month, from the current facts';

CREATE TABLE ledger.part_currency (
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    month date NOT NULL,
    dimset_id integer NOT NULL,
    scenario "char" NOT NULL,
    for_version smallint NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    PRIMARY KEY (metric_id, org_id, month, dimset_id, scenario, for_version, currency)
);
COMMENT ON TABLE ledger.part_currency IS 'Amounts in foreign currency per reporting unit and month: a month''s flow, or its last stock';

CREATE TABLE ledger.metric_base (
    metric_id integer NOT NULL REFERENCES ledger.metric,
    version integer NOT NULL,
    base_id integer NOT NULL REFERENCES ledger.metric,
    role text NOT NULL,
    PRIMARY KEY (metric_id, version, base_id)
);
COMMENT ON TABLE ledger.metric_base IS 'The reported metrics that each definition is made of, directly or through others; a reported '
    'one of itself';

CREATE VIEW ledger.rate AS
SELECT p.month, d.dimensions ->> 'currency' AS currency, m.metric = 'exchange_rate_closing' AS is_closing, g.grain,
       CASE WHEN g.grain = 'Q' THEN p.quarter_total
            WHEN m.metric = 'exchange_rate_closing' THEN p.last_value
            ELSE ledger.quotient(p.total, p.n) END AS rate
FROM ledger.part AS p
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.dimset AS d USING (dimset_id)
CROSS JOIN (VALUES ('M'), ('Q')) AS g (grain)
WHERE m.metric IN ('exchange_rate_average', 'exchange_rate_closing') AND p.scenario = 'A'
UNION ALL
SELECT p.start, v.currency, m.metric = 'exchange_rate_closing', g.grain, 1
FROM ledger.metric AS m
JOIN ledger.metric_version AS v USING (metric_id)
CROSS JOIN ledger.period AS p
CROSS JOIN (VALUES ('M'), ('Q')) AS g (grain)
WHERE m.metric IN ('exchange_rate_average', 'exchange_rate_closing') AND p.grain = 'M';
COMMENT ON VIEW ledger.rate IS 'Company currency for one unit of a currency in a month (grain M), or in the quarter (Q) of a rate that '
    'was reported for one; the company''s own is 1';

CREATE FUNCTION ledger.rate_of(wanted text, at date, closing boolean, of_grain "char") RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN (SELECT r.rate FROM ledger.rate AS r WHERE r.month = at AND r.currency = wanted AND r.is_closing = closing
        AND r.grain = CASE WHEN of_grain = 'Q' THEN 'Q' ELSE 'M' END);
COMMENT ON FUNCTION ledger.rate_of IS 'One rate of ledger.rate, for views over many facts of which few are foreign. '
    'A function in a view runs with its caller''s rights, hence SECURITY DEFINER';

CREATE FUNCTION ledger.facts_between(wanted integer, last date, first date) RETURNS SETOF ledger.fact
LANGUAGE plpgsql STABLE ROWS 20000 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM ledger.fact AS f WHERE f.metric_id = wanted AND f.month BETWEEN first AND last;
END $$;
COMMENT ON FUNCTION ledger.facts_between IS 'Facts of a metric in months that a join tells. In plpgsql, as a join of the table would '
    'read all its partitions: the planner prunes by values, not by what it is about to join';

CREATE VIEW ledger.intra_group AS
WITH side AS (
    SELECT e.metric_id, e.partner_metric_id, e.tolerance, p.org_id, o.org_id AS partner_id, p.month, p.scenario,
           CASE WHEN count(p.missing) = 0
                THEN sum(CASE WHEN v.over_time = 'last' THEN coalesce(p.last_value, p.quarter_total)
                              ELSE coalesce(p.total, 0) + coalesce(p.quarter_total, 0) END) END AS amount
    FROM ledger.elimination AS e
    JOIN ledger.part AS p USING (metric_id)
    JOIN ledger.dimset AS d USING (dimset_id)
    JOIN ledger.org AS o ON o.unit = d.dimensions ->> e.dimension
    JOIN ledger.metric_version AS v ON v.metric_id = e.metric_id AND v.valid_from <= p.month AND p.month < v.valid_to
    GROUP BY e.metric_id, e.partner_metric_id, e.tolerance, p.org_id, o.org_id, p.month, p.scenario
)
SELECT a.metric_id, a.partner_metric_id, a.org_id, a.partner_id, a.month, a.scenario, p.dimset_id, a.amount,
       b.amount AS partner_amount, coalesce(abs(a.amount - b.amount) <= a.tolerance, false) AS matched
FROM side AS a
LEFT JOIN side AS b ON b.metric_id = a.partner_metric_id AND b.partner_metric_id = a.metric_id AND b.org_id = a.partner_id
    AND b.partner_id = a.org_id AND b.month = a.month AND b.scenario = a.scenario
JOIN ledger.elimination AS e ON e.metric_id = a.metric_id AND e.partner_metric_id = a.partner_metric_id
JOIN ledger.org AS o ON o.org_id = a.partner_id
JOIN ledger.dimset AS d ON d.dimensions ->> e.dimension = o.unit
JOIN ledger.part AS p ON p.metric_id = a.metric_id AND p.org_id = a.org_id AND p.month = a.month AND p.scenario = a.scenario
    AND p.dimset_id = d.dimset_id;
COMMENT ON VIEW ledger.intra_group IS 'What a unit reports of another unit of the group, and what that one reports of it: one row a '
    'metric x unit x partner x month x scenario x dimension set';

-- KPIs ----------------------------------------------------------------------------------------------------------

ALTER TABLE ledger.kpi
    ADD COLUMN basis text NOT NULL DEFAULT 'W',
    ADD COLUMN rolling numeric,
    ADD COLUMN weighted numeric,
    ADD COLUMN weight numeric;
COMMENT ON COLUMN ledger.kpi.basis IS 'W the tree as it was, I as it is today, L and N like for like (see org_tree.tree), V1, V2 ... '
    'a definition version that isn''t in force in the period';
COMMENT ON COLUMN ledger.kpi.rolling IS 'Over the twelve months that end with the period';
DROP INDEX ledger.kpi_current;
CREATE UNIQUE INDEX kpi_current ON ledger.kpi (metric_id, grain, start, org_id, dimset_id, scenario, basis)
    WHERE superseded_at = 'infinity';
CREATE INDEX kpi_bases ON ledger.kpi (basis, org_id, start) WHERE superseded_at = 'infinity' AND basis <> 'W';

ALTER TABLE ledger.touched_month
    ADD COLUMN submission_id bigint,
    ADD COLUMN cause text NOT NULL DEFAULT 'recomputation';
ALTER TABLE ledger.touched_quarter
    ADD COLUMN submission_id bigint,
    ADD COLUMN cause text NOT NULL DEFAULT 'recomputation';
COMMENT ON COLUMN ledger.touched_month.cause IS 'submission, withdrawal, definition (a changed configuration) or recomputation';

CREATE TABLE ledger.restatement (
    metric_id integer NOT NULL,
    org_id integer NOT NULL,
    grain "char" NOT NULL,
    start date NOT NULL,
    dimset_id integer NOT NULL,
    scenario "char" NOT NULL,
    computed_at timestamptz NOT NULL,
    cause text NOT NULL,
    submission_id bigint
);
CREATE INDEX ON ledger.restatement (computed_at);
CREATE INDEX ON ledger.restatement (metric_id, grain, start, org_id);
COMMENT ON TABLE ledger.restatement IS 'What made a KPI of basis W that was complete change its value: one row a KPI, moment and cause';

-- Reference data of past boards ---------------------------------------------------------------------------------

CREATE TABLE ledger.past_metric (
    metric_id integer NOT NULL,
    version integer NOT NULL,
    unit text NOT NULL,
    better text NOT NULL,
    band_low numeric,
    band_high numeric,
    amber_within numeric NOT NULL,
    published_at timestamptz NOT NULL,
    retired_at timestamptz NOT NULL DEFAULT 'infinity'
);
CREATE TABLE ledger.past_path (
    org_id integer NOT NULL,
    path text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    published_at timestamptz NOT NULL,
    retired_at timestamptz NOT NULL DEFAULT 'infinity'
);
CREATE TABLE ledger.past_period (
    grain "char" NOT NULL,
    start date NOT NULL,
    period text NOT NULL,
    year integer NOT NULL,
    quarter text NOT NULL,
    last_month date NOT NULL,
    previous date,
    year_ago date,
    published_at timestamptz NOT NULL,
    retired_at timestamptz NOT NULL DEFAULT 'infinity'
);
CREATE INDEX ON ledger.past_path (org_id);
CREATE INDEX ON ledger.past_period (grain, start);
COMMENT ON TABLE ledger.past_metric IS 'What the boards showed of each definition from published_at until retired_at';
COMMENT ON TABLE ledger.past_path IS 'The tree''s paths as published from published_at until retired_at';
COMMENT ON TABLE ledger.past_period IS 'The calendar as published from published_at until retired_at';
INSERT INTO ledger.past_metric
SELECT metric_id, version, unit, better, band_low, band_high, amber_within, TIMESTAMPTZ '-infinity' FROM ledger.metric_version;
INSERT INTO ledger.past_path
SELECT org_id, path, valid_from, valid_to, TIMESTAMPTZ '-infinity' FROM ledger.org_tree WHERE root;
INSERT INTO ledger.past_period
SELECT grain, start, period, year, quarter, last_month, previous, year_ago, TIMESTAMPTZ '-infinity' FROM ledger.period;

CREATE INDEX part_ytd ON ledger.part (metric_id) WHERE ytd IS NOT NULL;

CREATE OR REPLACE FUNCTION ledger.ensure_partition(wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', wanted);
    partition text := format('fact_%s', to_char(first, 'YYYY_MM'));
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relname = partition) THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ledger.ensure_partition'));
    -- A query sees what another load has made while this one waited; to_regclass doesn't always.
    IF NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relname = partition) THEN
        -- Made apart and attached: unlike CREATE TABLE ... PARTITION OF, that stops no reader and no other load.
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.fact INCLUDING DEFAULTS)', partition);
        EXECUTE format('ALTER TABLE ledger.fact ATTACH PARTITION ledger.%I FOR VALUES FROM (%L) TO (%L)',
                       partition, first, (first + interval '1 month')::date);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger.gather_statistics(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted NOT IN ('kpi', 'part', 'part_member', 'submission', 'coverage', 'period', 'day', 'org_tree', 'metric_version',
                      'past_metric', 'past_path', 'past_period') THEN
        RAISE EXCEPTION 'no such table';
    END IF;
    EXECUTE format('ANALYZE ledger.%I', wanted);
END $$;

GRANT SELECT ON ledger.intra_group, ledger.rate, ledger.metric_base, ledger.elimination, ledger.basis_year, ledger.part_member, ledger.part_currency, ledger.restatement, ledger.past_metric,
    ledger.past_path, ledger.past_period TO kpi_loader;
GRANT INSERT ON ledger.elimination, ledger.metric_base, ledger.basis_year, ledger.part_member, ledger.part_currency, ledger.restatement, ledger.past_metric,
    ledger.past_path, ledger.past_period TO kpi_loader;
GRANT DELETE ON ledger.elimination, ledger.metric_base, ledger.basis_year, ledger.part_member, ledger.part_currency TO kpi_loader;
GRANT UPDATE (retired_at) ON ledger.past_metric, ledger.past_path, ledger.past_period TO kpi_loader;

-- There are new bases and figures: the next run publishes the configuration anew, and recomputes everything with it.
UPDATE ledger.configuration SET fingerprint = fingerprint || ' before 0003';

CREATE FUNCTION ledger.growth(value numeric, base numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN base > 0 THEN ledger.quotient(value - base, base) END;
COMMENT ON FUNCTION ledger.growth IS 'Growth as a fraction: 0.05 is +5 %; null where the base is missing, 0 or negative';

CREATE FUNCTION ledger.growth_reason(value numeric, base numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN 'no value' WHEN base IS NULL THEN 'nothing to compare with'
            WHEN base <= 0 THEN 'what it is compared with is not positive' END;
COMMENT ON FUNCTION ledger.growth_reason IS 'Why a growth is missing; null where it isn''t';
