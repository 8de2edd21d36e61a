-- How many units owe each metric in scope, at each unit of each tree. Grain: one row a basis x metric x unit x period.
-- in_months counts unit-months of the period, at_end the units at its end. Owed by what the sources expect; a
-- metric of which none says anything is owed by every unit from its first delivery on.
CREATE TEMP TABLE owed ON COMMIT DROP AS
WITH owing AS (
    SELECT metric_id, org_id, valid_from, valid_to FROM ledger.expectation
    WHERE metric_id IN (SELECT metric_id FROM scope)
    UNION
    SELECT p.metric_id, p.org_id, min(CASE WHEN p.quarter_total IS NULL THEN p.month ELSE m.quarter_start END), DATE 'infinity'
    FROM ledger.part AS p
    JOIN ledger.period AS m ON m.grain = 'M' AND m.start = p.month
    WHERE p.scenario = 'A' AND p.metric_id IN (SELECT metric_id FROM scope)
      AND NOT EXISTS (SELECT FROM ledger.expectation AS e WHERE e.metric_id = p.metric_id)
    GROUP BY p.metric_id, p.org_id
), months AS (
    SELECT DISTINCT y.key, y.basis, y.metric_id, s.start, s.month, s.month = s.last_month AS is_end
    FROM reporting AS y
    JOIN owing AS w ON w.metric_id = y.metric_id AND w.org_id = y.org_id
    JOIN span AS s ON s.year_start = y.year_start AND s.inside AND s.month >= w.valid_from AND s.month < w.valid_to
)
SELECT m.basis, m.metric_id, k.ancestor_id AS org_id, m.start, count(*) AS in_months, count(*) FILTER (WHERE m.is_end) AS at_end
FROM months AS m
JOIN raising AS k ON k.key = m.key AND m.month >= k.valid_from AND m.month < k.valid_to
GROUP BY m.basis, m.metric_id, k.ancestor_id, m.start
