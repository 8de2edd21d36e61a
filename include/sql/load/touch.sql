-- Note every reporting unit x metric x month that a change at :accepted_at began or ended, and return the months.
-- Grain: one row a month. Cross-check submissions count in no KPI and touch nothing.
WITH changed AS (
    SELECT DISTINCT c.metric_id, s.org_id, c.month
    FROM ledger.submission AS s JOIN ledger.coverage AS c USING (submission_id)
    WHERE s.authority = 'primary' AND s.source = :source
      AND (s.accepted_at = :accepted_at OR s.superseded_at = :accepted_at)
), noted AS (
    INSERT INTO ledger.touched_month (metric_id, org_id, month) SELECT * FROM changed RETURNING month
)
SELECT p.period FROM (SELECT DISTINCT month FROM noted) AS n JOIN ledger.period AS p ON p.grain = 'M' AND p.start = n.month
ORDER BY p.start
