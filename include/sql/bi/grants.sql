-- BI tools read schema bi and nothing else; the views run with their owner's rights.
GRANT SELECT ON ALL TABLES IN SCHEMA bi TO kpi_reader, kpi_loader;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA bi FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bi TO kpi_reader, kpi_loader;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger TO kpi_loader, kpi_reader;
REVOKE EXECUTE ON FUNCTION ledger.ensure_partition(date), ledger.gather_statistics(text) FROM kpi_reader;
