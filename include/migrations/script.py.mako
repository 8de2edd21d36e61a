"""${message}"""

from alembic import op

from include.warehouse import read_sql, run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the statements of the migration's file."""
    run_script(op.get_bind(), read_sql("migrations/${up_revision}"))
