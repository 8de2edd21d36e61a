-- End the KPI rows that are no longer so: changed, or vanished.
UPDATE ledger.kpi AS k SET superseded_at = :computed_at FROM changed AS c WHERE k.ctid = c.place
