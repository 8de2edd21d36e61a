-- One finding of a check.
INSERT INTO ledger.check_result (batch_id, code, level, rule, org, period, sheet, cell, col, found, finding)
VALUES (:batch_id, :code, :level, :rule, :org, :period, :sheet, :cell, :col, :found, CAST(:finding AS jsonb))
