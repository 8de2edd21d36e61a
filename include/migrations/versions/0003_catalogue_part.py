"""What definitions, org lines and eliminations.yaml say further."""

from alembic import op

from include.warehouse import read_sql, run_script

revision = "0003_catalogue_part"
down_revision = "0001_ledger"


def upgrade() -> None:
    """Add the columns and the table that a publication fills."""
    run_script(op.get_bind(), read_sql("migrations/0003_catalogue_part"))
