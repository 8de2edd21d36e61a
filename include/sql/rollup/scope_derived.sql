-- Add the derived metrics that are made of touched ones, at the same bases, units and years. Inputs: pairs of numbers,
-- derived[i] is made (directly or through others) of component[i]; with :reach a year more, as prior() reaches back, also on
-- trees that make no other KPI in the year that it reaches back to.
INSERT INTO scope
SELECT DISTINCT t.tree, t.tree, d.derived, s.org_id, y.year_start, true
FROM scope AS s
JOIN unnest(CAST(:derived AS integer[]), CAST(:component AS integer[])) AS d (derived, component)
    ON d.component = s.metric_id
JOIN (SELECT DISTINCT year_start FROM ledger.period WHERE grain = 'M') AS y
    ON y.year_start = s.year_start OR (:reach AND y.year_start BETWEEN s.year_start AND s.year_start + 380)
JOIN (VALUES ('W'), ('I'), ('L'), ('N')) AS t (tree) ON t.tree = s.basis OR s.basis = 'W' AND y.year_start > s.year_start
LEFT JOIN ledger.basis_year AS b ON b.tree = t.tree AND b.org_id = s.org_id AND b.year_start = y.year_start
WHERE s.wanted AND s.basis IN ('W', 'I', 'L', 'N') AND (t.tree = 'W' OR b.tree IS NOT NULL)
EXCEPT SELECT * FROM scope
