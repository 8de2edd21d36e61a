m.metric, f.metric_version, o.unit AS org, f.date, f.month, d.dimensions, f.value,
       CASE WHEN f.currency IS NULL THEN v.unit WHEN v.unit = v.currency THEN f.currency
            ELSE format('%s (%s)', v.unit, f.currency) END AS unit,
       f.reported AS reported_value, x.unit AS reported_unit,
       CASE f.basis WHEN 'Y' THEN 'ytd' WHEN 'S' THEN 'stock' ELSE 'flow' END AS reported_as,
       CASE f.grain WHEN 'D' THEN 'day' WHEN 'M' THEN 'month' ELSE 'quarter' END AS grain,
       ledger.scenario_name(f.scenario) AS scenario,
       f.submission_id AS submission, s.batch_id AS batch, s.source, b.filename AS file, x.sheet, x.measure,
       coalesce(f.key, ledger.cell_name(f.row_no, f.col_no)) AS cell,
       s.accepted_at, nullif(s.superseded_at, 'infinity') AS superseded_at,
       s.superseded_at = 'infinity' AND s.authority = 'primary' AS counts,
       f.currency, f.weight, f.member, f.for_version
