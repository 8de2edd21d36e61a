-- Pass the touched months on as touched quarters, and return these. Grain: one row a quarter.
WITH passed AS (
    INSERT INTO ledger.touched_quarter (metric_id, org_id, month, submission_id, cause)
    SELECT DISTINCT t.metric_id, t.org_id, p.quarter_start, t.submission_id, t.cause
    FROM touched_cause AS t JOIN ledger.period AS p ON p.grain = 'M' AND p.start = t.month
    RETURNING month
)
SELECT DISTINCT p.period FROM passed JOIN ledger.period AS p ON p.grain = 'Q' AND p.start = passed.month ORDER BY 1
