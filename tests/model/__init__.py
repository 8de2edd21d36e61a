"""A second opinion on the ledger and the rollups: what the figures should be, in plain Python."""
