"""Bases, currencies, weights, rolling figures and past reference data."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0003_semantics"
down_revision = "0002_calendar"


def upgrade() -> None:
    """Change schema `ledger`; the views of schema `bi` are made by the newest revision."""
    run_script(op.get_bind(), read_sql("migrations/0003_semantics"))
