-- Forget tree and lines; org_lines.sql and org_tree.sql make them anew in the same transaction.
WITH tree AS (DELETE FROM ledger.org_tree) DELETE FROM ledger.org_line
