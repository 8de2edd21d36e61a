-- Put the new and changed rows in force. A row is restated where an earlier one that was complete had another value
-- from no fewer reported days. Rerun with nothing changed: no row.
INSERT INTO ledger.kpi (basis, metric_id, org_id, grain, start, dimset_id, scenario, metric_version, value, ytd, rolling,
    weighted, weight, completeness, reason, reported, restated, computed_at)
SELECT basis, metric_id, org_id, :grain, start, dimset_id, scenario, metric_version, value, ytd, rolling, weighted, weight,
       completeness, reason, reported, restated, :computed_at
FROM changed WHERE computed
