-- What is recomputed: each touched metric at the touched units and all their ancestors, for the whole fiscal year
-- (year-to-date figures and differences of them reach forward). Grain: one row a metric x unit x fiscal year.
CREATE TEMP TABLE scope ON COMMIT DROP AS
WITH touched_year AS (
    SELECT DISTINCT t.metric_id, t.org_id, p.year_start
    FROM touched AS t JOIN ledger.period AS p ON p.grain = 'M' AND p.start = t.month
), year AS (
    SELECT year_start, max(stop) AS stop FROM ledger.period WHERE grain = 'M' GROUP BY year_start
)
SELECT t.metric_id, k.ancestor_id AS org_id, t.year_start
FROM touched_year AS t
JOIN year AS y USING (year_start)
JOIN ledger.org_tree AS k ON k.org_id = t.org_id AND k.valid_from < y.stop AND y.year_start < k.valid_to
UNION
SELECT metric_id, org_id, year_start FROM touched_year
