-- Forget the calendar where the company changed it; periods.sql makes it anew.
DELETE FROM ledger.period AS p
WHERE EXISTS (SELECT FROM ledger.period AS x WHERE x.grain = 'Q' AND x.period = :quarter AND x.start <> :start)
