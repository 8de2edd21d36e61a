"""Every row of a delivery accounted for, quarantined slices, replays; schema `bi` made anew."""

from alembic import op

from include.bi import read_views
from include.warehouse import read_sql, run_script

revision = "0004_intake"
down_revision = "0003_semantics"


def upgrade() -> None:
    """Change schema `ledger`, then make schema `bi` over it."""
    for statement in (read_sql("migrations/0004_intake"), *read_views()):
        run_script(op.get_bind(), statement)
