-- Note every reporting unit x metric x month that a change at :accepted_at began or ended, with the submission that made it,
-- and return the months. Grain: one row a month. Cross-check submissions count in no KPI and touch nothing.
WITH changed AS (
    SELECT DISTINCT c.metric_id, s.org_id, c.month,
           CASE WHEN s.accepted_at = :accepted_at THEN s.submission_id
                WHEN s.withdrawn IS NULL THEN coalesce(s.superseded_by, s.submission_id)
                ELSE s.submission_id END AS submission_id,
           CASE WHEN s.withdrawn IS NULL AND s.restores IS NULL THEN 'submission' ELSE 'withdrawal' END AS cause
    FROM ledger.submission AS s JOIN ledger.coverage AS c USING (submission_id)
    WHERE s.authority = 'primary' AND s.source = :source
      AND (s.accepted_at = :accepted_at OR s.superseded_at = :accepted_at)
), noted AS (
    INSERT INTO ledger.touched_month (metric_id, org_id, month, submission_id, cause) SELECT * FROM changed RETURNING month
)
SELECT p.period FROM (SELECT DISTINCT month FROM noted) AS n JOIN ledger.period AS p ON p.grain = 'M' AND p.start = n.month
ORDER BY p.start
