"""The ledger's tables, functions and grants, and the first BI views."""

from alembic import op

from include.warehouse import read_bi_views, read_sql, run_script

revision = "0001_ledger"
down_revision = None


def upgrade() -> None:
    """Create schema `ledger`, then schema `bi` over it."""
    for statement in (read_sql("migrations/0001_ledger"), *read_bi_views()):
        run_script(op.get_bind(), statement)
