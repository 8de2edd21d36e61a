-- Forget the definitions; metric_versions are made anew in the same transaction.
WITH e AS (DELETE FROM ledger.expectation), pairs AS (DELETE FROM ledger.elimination),
bases AS (DELETE FROM ledger.metric_base), s AS (DELETE FROM ledger.source) DELETE FROM ledger.metric_version
