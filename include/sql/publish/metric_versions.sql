-- All definition versions of all metrics, one JSON object a version. Grain: one row a metric version.
INSERT INTO ledger.metric_version (metric_id, version, name_zh, name_en, definition_zh, definition_en, unit, owner, steward,
    tier, better, band_low, band_high, amber_within, kind, over_time, over_org, carry_forward, consolidation, grain, formula,
    dimensions, status, valid_from, valid_to, currency)
SELECT m.metric_id, v.version, v.name_zh, v.name_en, v.definition_zh, v.definition_en, v.unit, v.owner, v.steward,
       v.tier, v.better, v.band_low, v.band_high, v.amber_within, v.kind, v.over_time, v.over_org, v.carry_forward,
       v.consolidation, v.grain, v.formula, v.dimensions, v.status, v.valid_from, coalesce(v.valid_to, 'infinity'),
       v.currency
FROM json_to_recordset(CAST(:versions AS json)) AS v (metric text, version integer, name_zh text, name_en text,
    definition_zh text, definition_en text, unit text, owner text, steward text, tier text, better text, band_low numeric,
    band_high numeric, amber_within numeric, kind text, over_time text, over_org text, carry_forward integer,
    consolidation text, grain text, formula text, dimensions text[], status text, valid_from date, valid_to date,
    currency text)
JOIN ledger.metric AS m USING (metric)
