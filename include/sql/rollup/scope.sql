-- What is recomputed: each touched metric at the touched units and all their ancestors, for the whole fiscal year
-- (year-to-date figures and differences of them reach forward). Grain: one row a metric x unit x fiscal year.
CREATE TEMP TABLE scope ON COMMIT DROP AS
SELECT DISTINCT t.metric_id, k.ancestor_id AS org_id, p.year_start
FROM touched AS t
JOIN ledger.period AS p ON p.grain = 'M' AND p.start = t.month
JOIN ledger.period AS y ON y.grain = 'M' AND y.year_start = p.year_start
JOIN ledger.org_tree AS k ON k.org_id = t.org_id AND y.start >= k.valid_from AND y.start < k.valid_to
UNION
SELECT t.metric_id, t.org_id, p.year_start
FROM touched AS t JOIN ledger.period AS p ON p.grain = 'M' AND p.start = t.month
