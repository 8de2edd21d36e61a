"""Bases, currencies, weights, rolling figures and past reference data; schema `bi` made anew."""

from alembic import op

from include.bi import read_views
from include.warehouse import read_sql, run_script

revision = "0003_semantics"
down_revision = "0002_calendar"


def upgrade() -> None:
    """Change schema `ledger`, then make schema `bi` over it."""
    for statement in (read_sql("migrations/0003_semantics"), *read_views()):
        run_script(op.get_bind(), statement)
