"""The ledger's tables, functions and grants. The views of schema `bi` are made by the newest revision."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0001_ledger"
down_revision = None


def upgrade() -> None:
    """Create schema `ledger`, and an empty schema `bi`."""
    run_script(op.get_bind(), read_sql("migrations/0001_ledger"))
