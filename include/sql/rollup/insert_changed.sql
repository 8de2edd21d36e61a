-- Put the recomputed rows in force where none is current. A row is restated where an earlier one that was complete
-- had another value from as many reporting units. Rerun with nothing changed: no row.
INSERT INTO ledger.kpi (metric_id, org_id, grain, start, dimset_id, scenario, metric_version, value, ytd, completeness,
    reason, reported, restated, computed_at)
SELECT w.metric_id, w.org_id, :grain, w.start, w.dimset_id, w.scenario, w.metric_version, w.value, w.ytd,
       w.completeness, w.reason, w.reported,
       coalesce(o.restated OR (o.completeness >= 1 AND o.reported >= w.reported AND o.value IS DISTINCT FROM w.value), false), :computed_at
FROM work AS w
LEFT JOIN ledger.kpi AS o
    ON o.metric_id = w.metric_id AND o.org_id = w.org_id AND o.grain = :grain AND o.start = w.start
    AND o.dimset_id = w.dimset_id AND o.scenario = w.scenario AND o.superseded_at = :computed_at
WHERE w.computed AND NOT EXISTS (
    SELECT FROM ledger.kpi AS k
    WHERE k.superseded_at = 'infinity' AND k.metric_id = w.metric_id AND k.org_id = w.org_id AND k.grain = :grain
      AND k.start = w.start AND k.dimset_id = w.dimset_id AND k.scenario = w.scenario)
