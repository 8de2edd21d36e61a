-- End a submission, saying why and what took its place.
UPDATE ledger.submission SET superseded_at = :accepted_at, superseded_by = :successor, withdrawn = :reason
WHERE submission_id = :submission_id AND superseded_at = 'infinity'
