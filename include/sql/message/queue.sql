-- Put a mail into the outbox, in the transaction of what it tells. Attachments are references to files.
INSERT INTO ledger.message (run_id, recipient, language, subject, body_text, body_html, attachments)
VALUES (:run_id, :recipient, :language, :subject, :body_text, :body_html, CAST(:attachments AS jsonb))
