-- Give the planner statistics of a table of ledger that has grown much in this transaction.
SELECT ledger.gather_statistics(:table)
