"""Alembic runs this for every command: on the connection, and in the transaction, of whoever asked for it."""

from alembic import context

from assist.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
context.run_migrations()
