-- The next mail to send, locked so that two senders never send it twice. Grain: at most one row.
SELECT message_id, run_id, recipient, language, subject, body_text, body_html, attachments,
    created_at FROM ledger.message
WHERE sent_at IS NULL AND message_id > :after AND attempts < :attempts
ORDER BY message_id LIMIT 1 FOR UPDATE SKIP LOCKED
