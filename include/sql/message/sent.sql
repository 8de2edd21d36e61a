-- Note that a mail was sent, and where to.
UPDATE ledger.message SET sent_at = clock_timestamp(), sent_to = :sent_to, attempts = attempts + 1, failure = NULL
WHERE message_id = :message_id
