-- A target given for a derived metric stands as given; where it gives nothing, its parts may.
DELETE FROM work AS w USING ledger.metric_version AS v
WHERE v.metric_id = w.metric_id AND v.version = w.metric_version AND v.kind <> 'base' AND w.value IS NULL
