-- The current facts behind a KPI: of its metric, or of the base metrics that it is made of. Grain: one row a fact, with what
-- it contributes first.
SELECT * FROM bi.lineage
WHERE kpi_metric = :metric AND kpi_org = :org AND kpi_period = :period AND scenario = 'actual'
ORDER BY metric, org, date, submission, sheet, cell
