"""Alembic's scripts: each revision runs the `.sql` file of its name in include/sql/migrations/."""
