-- Forget trees and lines; they are made anew in the same transaction.
WITH years AS (DELETE FROM ledger.basis_year), tree AS (DELETE FROM ledger.org_tree) DELETE FROM ledger.org_line
