-- Put a mail into the outbox, in the transaction of what it tells.
INSERT INTO ledger.message (run_id, recipient, language, subject, body_text, body_html)
VALUES (:run_id, :recipient, :language, :subject, :body_text, :body_html)
