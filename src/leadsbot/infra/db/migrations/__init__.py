"""Alembic's scripts. Forward only; each works with the release before it."""
