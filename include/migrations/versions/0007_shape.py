"""Shapes of systems' answers."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0007_shape"
down_revision = "0006_answers"


def upgrade() -> None:
    """Add the column; a short exclusive lock on `ledger.batch`, which isn't rewritten."""
    run_script(op.get_bind(), read_sql("migrations/0007_shape"))
