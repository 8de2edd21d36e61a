"""The calendar day by day with working days, and a view of it in schema `bi`."""

from alembic import op

from include.warehouse import read_bi_views, read_sql, run_script

revision = "0002_calendar"
down_revision = "0001_ledger"


def upgrade() -> None:
    """Create `ledger.day`, then schema `bi` anew with `bi.calendar`."""
    scripts = [read_sql("migrations/0002_calendar"), read_sql("migrations/0002_drop_bi"), *read_bi_views()]
    for script in scripts:
        run_script(op.get_bind(), script)
