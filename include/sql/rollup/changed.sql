-- What differs between the rows that stand and those computed: new, changed or vanished keys.
-- Grain: one row a key; place is null for a new one, computed is null for a vanished one.
CREATE TEMP TABLE changed ON COMMIT DROP AS
SELECT coalesce(w.basis, o.basis) AS basis, coalesce(w.metric_id, o.metric_id) AS metric_id,
       coalesce(w.org_id, o.org_id) AS org_id, coalesce(w.start, o.start) AS start,
       coalesce(w.dimset_id, o.dimset_id) AS dimset_id, coalesce(w.scenario, o.scenario) AS scenario,
       w.metric_version, w.value, w.ytd, w.rolling, w.weighted, w.weight, w.completeness, w.reason, w.reported, w.computed,
       o.place, r.is_restated, coalesce(o.restated, false) OR r.is_restated AS restated
FROM (SELECT * FROM work WHERE computed) AS w
FULL JOIN standing AS o
    ON o.basis = w.basis AND o.metric_id = w.metric_id AND o.org_id = w.org_id AND o.start = w.start
    AND o.dimset_id = w.dimset_id AND o.scenario = w.scenario
CROSS JOIN LATERAL (SELECT coalesce(o.completeness >= 1 AND o.reported >= w.reported AND o.value IS DISTINCT FROM w.value,
                                    false) AS is_restated) AS r
WHERE (w.metric_version, w.value, w.ytd, w.rolling, w.weighted, w.weight, w.completeness, w.reason)
    IS DISTINCT FROM (o.metric_version, o.value, o.ytd, o.rolling, o.weighted, o.weight, o.completeness, o.reason)
