-- The views of schema bi beside the boards. Grain: one row a metric version, org line, submission, check result, fact.

CREATE VIEW bi.metric AS
SELECT m.metric, v.version, v.name_zh, v.name_en, v.definition_zh, v.definition_en, v.unit, v.owner, v.steward, v.tier,
       v.better, v.band_low, v.band_high, v.kind, v.over_time, v.over_org, v.formula, v.dimensions, v.status,
       nullif(v.valid_from, DATE '0001-01-01') AS valid_from, nullif(v.valid_to, 'infinity') AS valid_to
FROM ledger.metric_version AS v JOIN ledger.metric AS m USING (metric_id);
COMMENT ON VIEW bi.metric IS 'The metric dictionary: one row a definition version';
COMMENT ON COLUMN bi.metric.metric IS 'Catalogue id';
COMMENT ON COLUMN bi.metric.version IS 'Definition version, from 1';
COMMENT ON COLUMN bi.metric.name_zh IS 'Name in Chinese';
COMMENT ON COLUMN bi.metric.name_en IS 'Name in English';
COMMENT ON COLUMN bi.metric.definition_zh IS 'Definition in Chinese';
COMMENT ON COLUMN bi.metric.definition_en IS 'Definition in English';
COMMENT ON COLUMN bi.metric.unit IS 'Unit of every value of the metric in the warehouse';
COMMENT ON COLUMN bi.metric.owner IS 'Role that answers for the definition and the figures';
COMMENT ON COLUMN bi.metric.steward IS 'Department that looks after the data';
COMMENT ON COLUMN bi.metric.tier IS 'Sensitivity: public, internal, confidential, restricted';
COMMENT ON COLUMN bi.metric.better IS 'Which way is good: up, down, or band';
COMMENT ON COLUMN bi.metric.band_low IS 'Lower limit of a band metric';
COMMENT ON COLUMN bi.metric.band_high IS 'Upper limit of a band metric';
COMMENT ON COLUMN bi.metric.kind IS 'base (reported), ratio or formula (derived after aggregation)';
COMMENT ON COLUMN bi.metric.over_time IS 'Aggregation over time of a base metric';
COMMENT ON COLUMN bi.metric.over_org IS 'Aggregation over org units of a base metric';
COMMENT ON COLUMN bi.metric.formula IS 'Formula, or numerator / denominator of a ratio';
COMMENT ON COLUMN bi.metric.dimensions IS 'Dimensions the metric may be reported by';
COMMENT ON COLUMN bi.metric.status IS 'draft, active or retired';
COMMENT ON COLUMN bi.metric.valid_from IS 'First day of the definition; null from the beginning';
COMMENT ON COLUMN bi.metric.valid_to IS 'First day no longer under the definition; null while in force';

CREATE VIEW bi.org AS
SELECT o.unit AS org, o.name_zh, o.name_en, p.unit AS parent, l.level, t.path AS org_path, l.ownership,
       nullif(greatest(l.valid_from, t.valid_from), DATE '0001-01-01') AS valid_from,
       nullif(least(l.valid_to, t.valid_to), 'infinity') AS valid_to
FROM ledger.org_line AS l
JOIN ledger.org AS o USING (org_id)
LEFT JOIN ledger.org AS p ON p.org_id = l.parent_id
JOIN ledger.org_tree AS t ON t.tree = 'W' AND t.org_id = l.org_id AND t.root AND t.valid_from < l.valid_to AND l.valid_from < t.valid_to;
COMMENT ON VIEW bi.org IS 'The dated company tree: one row a unit and interval with the same path';
COMMENT ON COLUMN bi.org.org IS 'Unit id';
COMMENT ON COLUMN bi.org.name_zh IS 'Name in Chinese';
COMMENT ON COLUMN bi.org.name_en IS 'Name in English';
COMMENT ON COLUMN bi.org.parent IS 'Parent unit; null for the root';
COMMENT ON COLUMN bi.org.level IS 'Level, such as company or plant';
COMMENT ON COLUMN bi.org.org_path IS 'Path from the root, /group/east/plant';
COMMENT ON COLUMN bi.org.ownership IS 'Share owned, 0 to 1';
COMMENT ON COLUMN bi.org.valid_from IS 'First day in force; null from the beginning';
COMMENT ON COLUMN bi.org.valid_to IS 'First day no longer in force; null while in force';

CREATE VIEW bi.submission AS
SELECT s.submission_id AS submission, s.batch_id AS batch, s.source, o.unit AS org, s.period, s.authority, s.facts,
       b.filename AS file, b.content_hash, b.run_id, s.accepted_at, nullif(s.superseded_at, 'infinity') AS superseded_at,
       s.superseded_by, s.restores, s.withdrawn, s.superseded_at = 'infinity' AS current
FROM ledger.submission AS s JOIN ledger.org AS o USING (org_id) JOIN ledger.batch AS b USING (batch_id);
COMMENT ON VIEW bi.submission IS 'One slice (source x org unit x period) of one batch, accepted';
COMMENT ON COLUMN bi.submission.submission IS 'Submission number';
COMMENT ON COLUMN bi.submission.batch IS 'Batch (file version or query run) it came in';
COMMENT ON COLUMN bi.submission.source IS 'Source id';
COMMENT ON COLUMN bi.submission.org IS 'Org unit of the slice';
COMMENT ON COLUMN bi.submission.period IS 'Period of the slice: a day, month or quarter';
COMMENT ON COLUMN bi.submission.authority IS 'primary (counted) or cross_check (compared only)';
COMMENT ON COLUMN bi.submission.facts IS 'Number of facts';
COMMENT ON COLUMN bi.submission.file IS 'Name of the file as delivered; empty for systems';
COMMENT ON COLUMN bi.submission.content_hash IS 'SHA-256 of the file''s bytes';
COMMENT ON COLUMN bi.submission.run_id IS 'Airflow run (or command) that loaded it';
COMMENT ON COLUMN bi.submission.accepted_at IS 'When it began to count';
COMMENT ON COLUMN bi.submission.superseded_at IS 'When it ceased to count; null while current';
COMMENT ON COLUMN bi.submission.superseded_by IS 'Submission that replaced it';
COMMENT ON COLUMN bi.submission.restores IS 'Earlier submission that this one put back after a withdrawal';
COMMENT ON COLUMN bi.submission.withdrawn IS 'Why it was withdrawn, where it was';
COMMENT ON COLUMN bi.submission.current IS 'Whether it counts now';

CREATE VIEW bi.check_result AS
SELECT c.check_result_id AS check_result, c.batch_id AS batch, b.source, b.filename AS file, c.code, c.level, c.rule,
       c.org, c.period, c.sheet, c.cell, c.col AS "column", c.found, b.status AS batch_status, c.checked_at
FROM ledger.check_result AS c JOIN ledger.batch AS b USING (batch_id);
COMMENT ON VIEW bi.check_result IS 'What the checks found in each batch';
COMMENT ON COLUMN bi.check_result.check_result IS 'Number of the result';
COMMENT ON COLUMN bi.check_result.batch IS 'Batch that was checked';
COMMENT ON COLUMN bi.check_result.source IS 'Source id';
COMMENT ON COLUMN bi.check_result.file IS 'File name as delivered';
COMMENT ON COLUMN bi.check_result.code IS 'What is wrong, as a code';
COMMENT ON COLUMN bi.check_result.level IS 'error (refused) or warning';
COMMENT ON COLUMN bi.check_result.rule IS 'Declared rule that failed';
COMMENT ON COLUMN bi.check_result.org IS 'Org unit of the slice, where known';
COMMENT ON COLUMN bi.check_result.period IS 'Period of the slice, where known';
COMMENT ON COLUMN bi.check_result.sheet IS 'Sheet';
COMMENT ON COLUMN bi.check_result.cell IS 'Cell, or key of the row';
COMMENT ON COLUMN bi.check_result."column" IS 'Column or row label';
COMMENT ON COLUMN bi.check_result.found IS 'Value as reported';
COMMENT ON COLUMN bi.check_result.batch_status IS 'What became of the batch';
COMMENT ON COLUMN bi.check_result.checked_at IS 'When it was checked';

CREATE VIEW bi.batch AS
SELECT b.batch_id AS batch, b.source, b.filename AS file, b.content_hash, b.status, b.rows_read, b.rows_accepted, b.rows_held,
       b.failure, b.replays, b.run_id, b.started_at, b.finished_at
FROM ledger.batch AS b;
COMMENT ON VIEW bi.batch IS 'Every delivery and what became of its rows: accepted and held ones are together those that were read';
COMMENT ON COLUMN bi.batch.batch IS 'Batch number, for ./kpi replay';
COMMENT ON COLUMN bi.batch.source IS 'Source id';
COMMENT ON COLUMN bi.batch.file IS 'Name of the file as delivered; empty for systems';
COMMENT ON COLUMN bi.batch.content_hash IS 'SHA-256 of the file''s bytes';
COMMENT ON COLUMN bi.batch.status IS 'accepted, unchanged, refused, failed; read, validated or standardised while under way';
COMMENT ON COLUMN bi.batch.rows_read IS 'Rows that it held; null for a file that could not be read into rows';
COMMENT ON COLUMN bi.batch.rows_accepted IS 'Rows that count, or counted already';
COMMENT ON COLUMN bi.batch.rows_held IS 'Rows in quarantine: refused, or of a slice that is held whole';
COMMENT ON COLUMN bi.batch.failure IS 'Why it failed, where that was no fault of the data: a code, and in words what is to be mended';
COMMENT ON COLUMN bi.batch.replays IS 'The batch whose archived file it read again';
COMMENT ON COLUMN bi.batch.run_id IS 'Airflow run (or command) that took it in';
COMMENT ON COLUMN bi.batch.started_at IS 'When it was taken in';
COMMENT ON COLUMN bi.batch.finished_at IS 'When its fate was decided';

CREATE VIEW bi.quarantine AS
SELECT q.batch_id AS batch, b.source, b.filename AS file, q.unit AS org, q.period, q.rows, b.finished_at AS held_at,
       EXISTS (SELECT FROM ledger.submission AS s JOIN ledger.org AS o USING (org_id)
               WHERE s.source = b.source AND o.unit = q.unit AND s.period = q.period AND s.superseded_at = 'infinity'
                 AND s.accepted_at > b.finished_at) AS delivered_since
FROM ledger.quarantine AS q JOIN ledger.batch AS b USING (batch_id);
COMMENT ON VIEW bi.quarantine IS 'Slices that were kept back, with the number of their rows; why stands in bi.check_result';
COMMENT ON COLUMN bi.quarantine.batch IS 'Batch that brought it, for ./kpi replay';
COMMENT ON COLUMN bi.quarantine.source IS 'Source id';
COMMENT ON COLUMN bi.quarantine.file IS 'Name of the file as delivered';
COMMENT ON COLUMN bi.quarantine.org IS 'Org unit of the slice; empty where the rows don''t tell it';
COMMENT ON COLUMN bi.quarantine.period IS 'Period of the slice; empty where the rows don''t tell it';
COMMENT ON COLUMN bi.quarantine.rows IS 'Number of rows';
COMMENT ON COLUMN bi.quarantine.held_at IS 'Since when';
COMMENT ON COLUMN bi.quarantine.delivered_since IS 'Whether the slice was accepted since, by a corrected file or a replay';

CREATE OR REPLACE FUNCTION ledger.cell_name(row_no integer, col_no integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN col_no > 702 THEN chr(64 + (col_no - 703) / 676 + 1) ELSE '' END
    || CASE WHEN col_no > 26 THEN chr(65 + ((col_no - 27) / 26) % 26) ELSE '' END
    || chr(65 + (col_no - 1) % 26) || row_no;
COMMENT ON FUNCTION ledger.cell_name IS 'A1 name of a cell from 1-based row and column; null where either is null';

CREATE OR REPLACE FUNCTION ledger.scenario_name(code "char") RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE code WHEN 'A' THEN 'actual' WHEN 'T' THEN 'target' WHEN 'B' THEN 'budget' WHEN 'F' THEN 'forecast' END;

CREATE VIEW bi.fact AS
SELECT {fact}
FROM ledger.fact AS f
JOIN ledger.submission AS s USING (submission_id)
JOIN ledger.batch AS b USING (batch_id)
JOIN ledger.metric AS m USING (metric_id)
JOIN ledger.metric_version AS v ON v.metric_id = f.metric_id AND v.version = f.metric_version
JOIN ledger.org AS o ON o.org_id = f.org_id
JOIN ledger.dimset AS d USING (dimset_id)
JOIN ledger.measure AS x USING (measure_id);
COMMENT ON VIEW bi.fact IS 'Every reported value ever accepted, with where it was read; filter on counts for the current ones';
