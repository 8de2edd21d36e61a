-- How many distinct members each unit and those below it had: in the period, in the year so far, and in the twelve months
-- that end with it. Members can't be added up, so they are counted anew at each unit, period and dimension set.
-- Grain: one row of work a basis x metric x unit x period x dimension set x scenario, updated.
WITH numbered AS (
    SELECT start, row_number() OVER (ORDER BY start) AS place FROM ledger.period WHERE grain = 'M'
), wanted AS (
    SELECT DISTINCT s.basis, s.tree, s.metric_id, s.org_id, p.start, p.year_start, p.last_month, a.start AS first_of_twelve,
           v.version, s.basis IN ('W', 'I', 'L', 'N') AS in_force
    FROM scope AS s
    JOIN ledger.period AS p ON p.grain = :grain AND p.year_start = s.year_start
    JOIN numbered AS n ON n.start = p.last_month
    LEFT JOIN numbered AS a ON a.place = n.place - CAST(:periods AS integer) + 1
    JOIN ledger.metric_version AS v ON v.metric_id = s.metric_id AND v.over_time = 'distinct'
        AND (v.valid_from <= p.start AND p.start < v.valid_to) = (s.basis IN ('W', 'I', 'L', 'N'))
        AND (s.basis IN ('W', 'I', 'L', 'N') OR s.basis = 'V' || v.version)
    WHERE s.wanted
), counted AS (
    SELECT w.basis, w.metric_id, w.org_id, w.start, d.coarser_id AS dimset_id, m.scenario,
           count(DISTINCT m.member) FILTER (WHERE m.month >= w.start) AS value,
           count(DISTINCT m.member) FILTER (WHERE m.month >= w.year_start) AS ytd,
           CASE WHEN count(DISTINCT m.month) FILTER (WHERE m.month >= w.first_of_twelve) = CAST(:periods AS integer)
                THEN count(DISTINCT m.member) FILTER (WHERE m.month >= w.first_of_twelve) END AS rolling
    FROM wanted AS w
    JOIN ledger.part_member AS m ON m.metric_id = w.metric_id AND m.month <= w.last_month
        AND m.month >= least(w.first_of_twelve, w.year_start)
    JOIN ledger.metric_version AS f ON f.metric_id = m.metric_id AND f.valid_from <= m.month AND m.month < f.valid_to
        AND (w.in_force AND m.for_version IN (0, f.version)
             OR NOT w.in_force AND coalesce(nullif(m.for_version, 0), f.version) = w.version)
    JOIN ledger.org_tree AS k ON k.tree = w.tree AND k.org_id = m.org_id AND k.ancestor_id = w.org_id
        AND m.month >= k.valid_from AND m.month < k.valid_to
    JOIN ledger.dimset_rollup AS d ON d.dimset_id = m.dimset_id
    GROUP BY w.basis, w.metric_id, w.org_id, w.start, d.coarser_id, m.scenario
)
UPDATE work AS w SET value = c.value, ytd = c.ytd, rolling = c.rolling
FROM counted AS c
WHERE w.basis = c.basis AND w.metric_id = c.metric_id AND w.org_id = c.org_id AND w.start = c.start
  AND w.dimset_id = c.dimset_id AND w.scenario = c.scenario
