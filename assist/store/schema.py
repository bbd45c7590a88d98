"""Brings a database's tables up to date with Alembic; its steps are in ``migrations/versions``."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from assist.store.database import SQLITE_VERSION
from assist.store.errors import StoreError, StoreFailure

MIGRATIONS = Path(__file__).parent / "migrations"
FIRST = "0001"
HEAD = "0007"
"""The last step, so that a database that has taken it costs no more than one question."""
_TABLE = "alembic_version"
_LOCK = 0x63616C6C
"""PostgreSQL's advisory lock while tables change: of two programs that start together, one waits."""


def is_current(connection: Connection) -> bool:
    """Whether there is nothing to do. Raises StoreError where a newer program was here."""
    return _revision(connection) == HEAD


def upgrade(connection: Connection) -> None:
    """Take every step the database has not taken, inside the caller's transaction: all of them, or none."""
    from alembic import command  # it takes a quarter of a second, and most starts need it not
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if is_current(connection):
        return  # another program was first
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if not inspect(connection).has_table(_TABLE) and inspect(connection).has_table("events"):
        command.stamp(config, FIRST)  # made before there were steps
    command.upgrade(config, HEAD)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {SQLITE_VERSION}")


def _revision(connection: Connection) -> str:
    """The last step taken; empty for none."""
    if not inspect(connection).has_table(_TABLE):
        return ""
    found = connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar() or ""  # noqa: S608 - our constant
    if found > HEAD:
        raise StoreError(StoreFailure.TOO_NEW, f"schema {found}, this program knows {HEAD}")
    return str(found)
