-- The touched keys, whatever touched them. Grain: one row a metric x reporting unit x month.
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT DISTINCT metric_id, org_id, month FROM touched_cause
