-- Numbers of a source's measures. Grain: one row a measure.
SELECT sheet, measure, unit, measure_id FROM ledger.measure WHERE source = :source
