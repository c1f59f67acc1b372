"""Alembic's entry: uses the connection that infra.db.migrate opened."""

from alembic import context

from leadsbot.infra.db.base import Table


def main() -> None:
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=Table.metadata, transactional_ddl=True
    )
    context.run_migrations()


main()
