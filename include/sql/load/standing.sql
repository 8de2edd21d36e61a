-- What counts now of the slices that a system's answer is about: those whole within :spans. Inputs: :source, :spans.
-- Grain: one row a slice. A submission without facts says that the system has nothing there.
SELECT s.org_id, o.unit AS org, s.period, s.grain, s.period_start, s.period_stop, s.records, s.facts
FROM ledger.submission AS s JOIN ledger.org AS o USING (org_id)
WHERE s.source = :source AND s.superseded_at = 'infinity' AND s.facts > 0
  AND CAST(:spans AS datemultirange) @> daterange(s.period_start, s.period_stop)
