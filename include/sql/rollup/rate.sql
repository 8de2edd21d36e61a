-- The currency rates of the touched months. Grain: one row a month x currency x kind of rate x whether for a quarter.
CREATE TEMP TABLE rate ON COMMIT DROP AS
SELECT month, currency, is_closing, grain = 'Q' AS is_quarter, rate FROM ledger.rate
WHERE month BETWEEN :first AND :last AND rate IS NOT NULL
