-- Which of the given slices aren't whole within the dates that the system was asked for: it may have told a part of them.
-- Inputs: :spans, the slices (:orgs, :periods, :starts, :stops). Grain: one row a slice.
SELECT n.org_id, o.unit AS org, n.period
FROM unnest(CAST(:orgs AS integer[]), CAST(:periods AS text[]), CAST(:starts AS date[]), CAST(:stops AS date[]))
    AS n (org_id, period, period_start, period_stop)
JOIN ledger.org AS o USING (org_id)
WHERE NOT CAST(:spans AS datemultirange) @> daterange(n.period_start, n.period_stop)
ORDER BY 2, n.period_start
