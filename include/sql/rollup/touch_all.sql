-- Note every unit x metric x month that has parts or KPIs, so that all is recomputed (`./kpi rollup --all`, or a changed
-- definition or org tree). Grain: one row, the count.
WITH noted AS (
    INSERT INTO ledger.touched_month (metric_id, org_id, month, cause)
    SELECT metric_id, org_id, month, CAST(:cause AS text) FROM (
    SELECT metric_id, org_id, month FROM ledger.part
    UNION SELECT metric_id, org_id, start FROM ledger.kpi WHERE superseded_at = 'infinity' AND grain = 'M' AND basis = 'W'
    UNION SELECT c.metric_id, s.org_id, c.month FROM ledger.coverage AS c JOIN ledger.submission AS s USING (submission_id)
          WHERE s.superseded_at = 'infinity' AND s.authority = 'primary') AS everything
    RETURNING 1
)
SELECT count(*) FROM noted
