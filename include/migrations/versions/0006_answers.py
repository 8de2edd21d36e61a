"""What a system answers for, and the high-water mark of its changes."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0006_answers"
down_revision = "0005_attachment"


def upgrade() -> None:
    """Add the columns; short exclusive locks on `ledger.batch` and `ledger.submission`, which aren't rewritten."""
    run_script(op.get_bind(), read_sql("migrations/0006_answers"))
