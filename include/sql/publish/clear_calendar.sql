-- Forget the calendar; the publication writes it anew in the same transaction.
WITH days AS (DELETE FROM ledger.day) DELETE FROM ledger.period
