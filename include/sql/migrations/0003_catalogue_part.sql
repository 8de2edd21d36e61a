-- What definitions, org lines and eliminations.yaml say further. Grain: as the tables; elimination one row a direction
-- of a pair. Rerun: never; Alembic runs it once. Locks: metric_version and org_line for an instant (no rewrite: the
-- defaults are constants, and the next publication fills both tables anew).

ALTER TABLE ledger.metric_version
    ADD COLUMN carry_forward integer,
    ADD COLUMN consolidation text NOT NULL DEFAULT 'full',
    ADD COLUMN grain text NOT NULL DEFAULT 'day';
COMMENT ON COLUMN ledger.metric_version.carry_forward IS 'Days before a period''s last day by which a last value may be '
    'older; null: it lies within the period''s last month';
COMMENT ON COLUMN ledger.metric_version.consolidation IS 'full, or proportionate: by the shares on the way to an ancestor';
COMMENT ON COLUMN ledger.metric_version.grain IS 'Finest period that it may be reported for: day, month, quarter';

ALTER TABLE ledger.org_line ADD COLUMN into_id integer REFERENCES ledger.org;
COMMENT ON COLUMN ledger.org_line.into_id IS 'The unit that it was merged into on valid_to';

CREATE TABLE ledger.elimination (
    metric_id integer NOT NULL REFERENCES ledger.metric,
    partner_metric_id integer NOT NULL REFERENCES ledger.metric,
    dimension text NOT NULL,
    tolerance numeric NOT NULL CHECK (tolerance >= 0),
    PRIMARY KEY (metric_id, partner_metric_id, dimension)
);
COMMENT ON TABLE ledger.elimination IS 'Intra-group pairs, a row each way: what a unit reports as the metric with a '
    'counterparty in the dimension, that one reports as the partner metric; both may differ by up to tolerance';

GRANT SELECT, INSERT, DELETE ON ledger.elimination TO kpi_loader;
