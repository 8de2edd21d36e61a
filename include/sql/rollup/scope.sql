-- What is recomputed: each touched metric at the touched units and all their ancestors, for the whole fiscal year
-- (year-to-date figures and differences of them reach forward) and the next one (figures over twelve months do). Bases other
-- than the tree as it was: only where they make another KPI. wanted is false for what stands although it no longer may.
-- Grain: one row a basis x metric x unit x fiscal year.
CREATE TEMP TABLE scope ON COMMIT DROP AS
WITH year AS (
    SELECT year_start, max(stop) AS stop FROM ledger.period WHERE grain = 'M' GROUP BY year_start
), touched_year AS (
    SELECT DISTINCT t.metric_id, t.org_id, p.year_start, y.stop,
           NOT EXISTS (SELECT FROM ledger.part AS e
                       WHERE e.metric_id = t.metric_id AND e.org_id = t.org_id AND e.month < t.month) AS is_first
    FROM touched AS t
    JOIN ledger.period AS p ON p.grain = 'M' AND p.start = t.month
    JOIN year AS y ON y.year_start = p.year_start
), reached AS (
    SELECT metric_id, org_id, year_start, year_start AS since, stop FROM touched_year
    UNION
    -- Twelve months up to a month of the next year count at the units that the unit stood below in this one too.
    SELECT t.metric_id, t.org_id, y.year_start, t.year_start, y.stop
    FROM touched_year AS t JOIN year AS y ON y.year_start = t.stop
    UNION
    -- A unit that nobody expects to report owes from its first delivery on: that reaches all later years.
    SELECT t.metric_id, t.org_id, y.year_start, y.year_start, y.stop
    FROM touched_year AS t JOIN year AS y ON y.year_start > t.year_start
    WHERE t.is_first
      AND NOT EXISTS (SELECT FROM ledger.expectation AS e WHERE e.metric_id = t.metric_id)
      AND EXISTS (SELECT FROM ledger.part AS p
                  WHERE p.metric_id = t.metric_id AND p.month >= y.year_start AND p.month < y.stop)
)
SELECT k.tree AS basis, k.tree, r.metric_id, k.ancestor_id AS org_id, r.year_start, true AS wanted
FROM reached AS r
JOIN ledger.org_tree AS k ON k.org_id = r.org_id AND k.valid_from < r.stop AND r.since < k.valid_to
LEFT JOIN ledger.basis_year AS b ON b.tree = k.tree AND b.org_id = k.ancestor_id AND b.year_start = r.year_start
WHERE k.tree = 'W' OR b.tree IS NOT NULL
UNION
SELECT 'W', 'W', metric_id, org_id, year_start, true FROM touched_year
UNION
SELECT DISTINCT k.basis, 'W', k.metric_id, k.org_id, p.year_start, false
FROM ledger.kpi AS k
JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
WHERE k.superseded_at = 'infinity' AND k.basis <> 'W'
  AND CASE WHEN k.basis IN ('I', 'L', 'N')
           THEN NOT EXISTS (SELECT FROM ledger.basis_year AS b
                            WHERE b.tree = k.basis AND b.org_id = k.org_id AND b.year_start = p.year_start)
           ELSE NOT EXISTS (SELECT FROM ledger.metric_version AS v
                            WHERE v.metric_id = k.metric_id AND 'V' || v.version = k.basis
                              AND NOT (v.valid_from <= k.start AND k.start < v.valid_to)) END
