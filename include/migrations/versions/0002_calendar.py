"""The calendar day by day, with working days."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0002_calendar"
down_revision = "0001_ledger"


def upgrade() -> None:
    """Create `ledger.day`; its view in schema `bi` is made by the newest revision."""
    run_script(op.get_bind(), read_sql("migrations/0002_calendar"))
