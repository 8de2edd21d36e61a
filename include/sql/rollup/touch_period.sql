-- Note what was reported for the months of one month, quarter or fiscal year. Grain: one row, the count.
WITH noted AS (
    INSERT INTO ledger.touched_month (metric_id, org_id, month)
    SELECT DISTINCT c.metric_id, s.org_id, c.month
    FROM ledger.coverage AS c
    JOIN ledger.submission AS s USING (submission_id)
    JOIN ledger.period AS m ON m.grain = 'M' AND m.start = c.month
    WHERE s.superseded_at = 'infinity' AND s.authority = 'primary'
      AND (m.period = :period OR m.quarter = :period OR m.year::text = :period)
    RETURNING 1
)
SELECT count(*) FROM noted
