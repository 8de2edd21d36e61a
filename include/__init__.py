"""The Metric Ledger library: everything but the wiring of DAGs, plugins and configuration."""
