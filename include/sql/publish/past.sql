-- Keep what past boards were shown by: what was published and is no longer so ends now, what is new begins.
-- Grain: one row of each past_ table a definition version, path or period that changed. Rerun: no effect.
WITH moment AS (
    SELECT clock_timestamp() AS now
), metrics AS (
    UPDATE ledger.past_metric AS p SET retired_at = m.now FROM moment AS m
    WHERE p.retired_at = 'infinity' AND NOT EXISTS (
        SELECT FROM ledger.metric_version AS v WHERE v.metric_id = p.metric_id AND v.version = p.version
            AND (v.unit, v.better, v.band_low, v.band_high, v.amber_within)
                IS NOT DISTINCT FROM (p.unit, p.better, p.band_low, p.band_high, p.amber_within))
    RETURNING p.metric_id, p.version
), paths AS (
    UPDATE ledger.past_path AS p SET retired_at = m.now FROM moment AS m
    WHERE p.retired_at = 'infinity' AND NOT EXISTS (
        SELECT FROM ledger.org_tree AS t WHERE t.tree = 'W' AND t.root AND t.org_id = p.org_id
            AND (t.path, t.valid_from, t.valid_to) = (p.path, p.valid_from, p.valid_to))
    RETURNING p.org_id, p.valid_from
), periods AS (
    UPDATE ledger.past_period AS p SET retired_at = m.now FROM moment AS m
    WHERE p.retired_at = 'infinity' AND NOT EXISTS (
        SELECT FROM ledger.period AS q WHERE q.grain = p.grain AND q.start = p.start
            AND (q.period, q.year, q.quarter, q.last_month, q.previous, q.year_ago)
                IS NOT DISTINCT FROM (p.period, p.year, p.quarter, p.last_month, p.previous, p.year_ago))
    RETURNING p.grain, p.start
), new_metrics AS (
    INSERT INTO ledger.past_metric (metric_id, version, unit, better, band_low, band_high, amber_within, published_at)
    SELECT v.metric_id, v.version, v.unit, v.better, v.band_low, v.band_high, v.amber_within, m.now
    FROM ledger.metric_version AS v CROSS JOIN moment AS m
    WHERE (v.metric_id, v.version) IN (SELECT metric_id, version FROM metrics)
       OR NOT EXISTS (SELECT FROM ledger.past_metric AS p
                      WHERE p.metric_id = v.metric_id AND p.version = v.version AND p.retired_at = 'infinity')
), new_paths AS (
    INSERT INTO ledger.past_path (org_id, path, valid_from, valid_to, published_at)
    SELECT t.org_id, t.path, t.valid_from, t.valid_to, m.now
    FROM ledger.org_tree AS t CROSS JOIN moment AS m
    WHERE t.tree = 'W' AND t.root AND NOT EXISTS (
        SELECT FROM ledger.past_path AS p WHERE p.org_id = t.org_id AND p.retired_at = 'infinity'
            AND (t.path, t.valid_from, t.valid_to) = (p.path, p.valid_from, p.valid_to))
)
INSERT INTO ledger.past_period (grain, start, period, year, quarter, last_month, previous, year_ago, published_at)
SELECT q.grain, q.start, q.period, q.year, q.quarter, q.last_month, q.previous, q.year_ago, m.now
FROM ledger.period AS q CROSS JOIN moment AS m
WHERE (q.grain, q.start) IN (SELECT grain, start FROM periods)
   OR NOT EXISTS (SELECT FROM ledger.past_period AS p
                  WHERE p.grain = q.grain AND p.start = q.start AND p.retired_at = 'infinity')
