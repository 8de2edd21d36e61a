-- The moment of this recomputation: later than every one before it.
SELECT greatest(clock_timestamp(), max(computed_at) + interval '1 microsecond') AS computed_at
FROM ledger.kpi WHERE superseded_at = 'infinity'
