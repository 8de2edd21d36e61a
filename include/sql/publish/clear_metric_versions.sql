-- Forget the definitions; metric_versions, metric_bases, eliminations and the sources are made anew in the same transaction.
WITH e AS (DELETE FROM ledger.expectation), s AS (DELETE FROM ledger.source), p AS (DELETE FROM ledger.elimination),
b AS (DELETE FROM ledger.metric_base)
DELETE FROM ledger.metric_version
