"""The ledger's tables, functions and grants; schema `bi` is made by the newest revision."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0001_ledger"
down_revision = None


def upgrade() -> None:
    """Create schema `ledger`, and schema `bi` without views."""
    run_script(op.get_bind(), read_sql("migrations/0001_ledger"))
