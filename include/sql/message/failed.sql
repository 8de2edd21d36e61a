-- Note that a mail could not be sent; the sweep tries again.
UPDATE ledger.message SET attempts = attempts + 1, failure = :failure WHERE message_id = :message_id
