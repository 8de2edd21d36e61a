-- Files that go with a mail: references, never their content.
ALTER TABLE ledger.message ADD COLUMN attachments jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN ledger.message.attachments IS 'Files to attach: [{name, uri, size}]; read when the mail is sent';
