-- The KPI rows of grain :grain in scope as they stand before this recomputation. Grain: as ledger.kpi.
CREATE TEMP TABLE standing ON COMMIT DROP AS
SELECT k.ctid AS place, k.*
FROM ledger.kpi AS k
JOIN ledger.period AS p ON p.grain = k.grain AND p.start = k.start
JOIN scope AS s ON s.metric_id = k.metric_id AND s.org_id = k.org_id AND s.year_start = p.year_start AND s.basis = k.basis
WHERE k.superseded_at = 'infinity' AND k.grain = :grain
