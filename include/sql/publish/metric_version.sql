-- One definition version of a metric.
INSERT INTO ledger.metric_version (metric_id, version, name_zh, name_en, definition_zh, definition_en, unit, owner, steward,
    tier, better, band_low, band_high, amber_within, kind, over_time, over_org, formula, dimensions, status, valid_from,
    valid_to, carry_forward, consolidation, grain, currency)
SELECT metric_id, :version, :name_zh, :name_en, :definition_zh, :definition_en, :unit, :owner, :steward, :tier, :better,
       :band_low, :band_high, :amber_within, :kind, :over_time, :over_org, :formula, :dimensions, :status, :valid_from,
       coalesce(CAST(:valid_to AS date), 'infinity'), :carry_forward, :consolidation, :grain, :currency
FROM ledger.metric WHERE metric = :metric
