-- Numbers for n new submissions, in order. Grain: one row a number.
SELECT nextval('ledger.submission_submission_id_seq') AS submission_id FROM generate_series(1, :n)
