"""Runs migrations on the connection it is handed, inside that connection's transaction."""

from alembic import context

from logbook.db import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=False, transactional_ddl=True)
context.run_migrations()
