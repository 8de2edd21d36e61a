"""Alembic's entry point: runs the revisions on the connection that `include.warehouse.migrate` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="public",
    version_table="metric_ledger_migration",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
