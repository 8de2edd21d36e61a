-- Add the derived metrics that are made of touched ones, at the same units and years. Inputs: pairs of numbers,
-- derived[i] is made (directly or through others) of component[i]; with :reach a year more, as prior() reaches back.
INSERT INTO scope
SELECT DISTINCT d.derived, s.org_id, y.year_start
FROM scope AS s
JOIN unnest(CAST(:derived AS integer[]), CAST(:component AS integer[])) AS d (derived, component)
    ON d.component = s.metric_id
JOIN (SELECT DISTINCT year_start FROM ledger.period WHERE grain = 'M') AS y
    ON y.year_start = s.year_start OR (:reach AND y.year_start BETWEEN s.year_start AND s.year_start + 380)
EXCEPT SELECT * FROM scope
