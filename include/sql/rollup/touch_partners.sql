-- What one side of an intra-group pair reports decides whether the other side's amounts are eliminated: touch the partner
-- too. Inputs: touched_cause, and :grain, as quarters are touched by their start. Grain: one row a metric x unit x month.
INSERT INTO touched_cause (metric_id, org_id, month, submission_id, cause)
SELECT DISTINCT e.partner_metric_id, p.org_id, t.month, t.submission_id, t.cause
FROM touched_cause AS t
JOIN ledger.elimination AS e ON e.metric_id = t.metric_id
JOIN ledger.org AS o ON o.org_id = t.org_id
JOIN ledger.dimset AS d ON d.dimensions ->> e.dimension = o.unit
JOIN ledger.period AS m ON m.grain = 'M' AND CASE WHEN :grain = 'M' THEN m.start ELSE m.quarter_start END = t.month
JOIN ledger.part AS p ON p.metric_id = e.partner_metric_id AND p.dimset_id = d.dimset_id AND p.month = m.start
