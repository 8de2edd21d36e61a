-- Add the derived metrics that are made of touched ones, at the same bases, units and years. Inputs: pairs of numbers,
-- derived[i] is made (directly or through others) of component[i]; with :reach a year more, as prior() reaches back.
INSERT INTO scope
SELECT DISTINCT s.basis, s.tree, d.derived, s.org_id, y.year_start, true
FROM scope AS s
JOIN unnest(CAST(:derived AS integer[]), CAST(:component AS integer[])) AS d (derived, component)
    ON d.component = s.metric_id
JOIN (SELECT DISTINCT year_start FROM ledger.period WHERE grain = 'M') AS y
    ON y.year_start = s.year_start OR (:reach AND y.year_start BETWEEN s.year_start AND s.year_start + 380)
LEFT JOIN ledger.basis_year AS b ON b.tree = s.tree AND b.org_id = s.org_id AND b.year_start = y.year_start
WHERE s.wanted AND s.basis IN ('W', 'I', 'L', 'N') AND (s.basis = 'W' OR b.tree IS NOT NULL)
EXCEPT SELECT * FROM scope
