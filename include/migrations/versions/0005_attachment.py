"""Mails with attachments."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0005_attachment"
down_revision = "0004_intake"


def upgrade() -> None:
    """Add the column; a short exclusive lock on `ledger.message`, which isn't rewritten."""
    run_script(op.get_bind(), read_sql("migrations/0005_attachment"))
