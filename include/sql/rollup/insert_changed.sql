-- Put the new and changed rows in force. A row is restated where an earlier one that was complete had another value
-- from no fewer reported days. Rerun with nothing changed: no row.
INSERT INTO ledger.kpi (metric_id, org_id, grain, start, dimset_id, scenario, metric_version, value, ytd, completeness,
    reason, reported, restated, computed_at)
SELECT metric_id, org_id, :grain, start, dimset_id, scenario, metric_version, value, ytd, completeness, reason, reported,
       restated, :computed_at
FROM changed WHERE computed
