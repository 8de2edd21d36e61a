-- Which of these files were told. Grain: one row a file.
SELECT s.place, s.version FROM ledger.stray AS s
JOIN unnest(CAST(:places AS text[]), CAST(:versions AS text[])) AS n (place, version) USING (place, version)
