"""SQLite and PostgreSQL: how connections are made ready, and the one statement they say differently."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from assist.store.errors import StoreError, StoreFailure, store_error
from assist.store.tables import EventRow

WRITING = "callfloor_writing"
"""The execution option of connections that write."""
DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
SQLITE_VERSION = 2
"""``PRAGMA user_version``: 1 before there were migrations, 2 since; programs of then refuse what is newer."""

_AGAIN_S = 0.01

Append = Callable[[AsyncConnection, Sequence[dict[str, Any]]], Awaitable[int]]


def probe(url: str, busy_timeout_s: float) -> None:
    """Refuse what cannot be opened before SQLite's driver starts its thread, which would report the failure after us;
    a file is switched to SQLite's write-ahead log. Raises StoreError.
    """
    try:
        target = make_url(url)
    except ArgumentError:
        raise StoreError(StoreFailure.CANNOT_OPEN, "not a database's URL") from None
    if target.drivername not in DRIVERS:
        raise StoreError(StoreFailure.CANNOT_OPEN, f"{target.drivername}: it must be one of {', '.join(DRIVERS)}")
    if target.get_backend_name() != "sqlite" or target.database is None:
        return
    try:
        _made_private(target.database)
        with closing(sqlite3.connect(target.database, timeout=busy_timeout_s)) as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found <= SQLITE_VERSION:
                into_wal(connection, time.monotonic() + busy_timeout_s)
    except sqlite3.Error as error:
        raise store_error(error) from error
    if found > SQLITE_VERSION:
        raise StoreError(StoreFailure.TOO_NEW, f"schema {found}, this program knows {SQLITE_VERSION}")


def into_wal(connection: sqlite3.Connection, until: float) -> None:
    """The mode stays in the file. Of two programs that switch it at once SQLite refuses one there and then, whatever
    its busy timeout: it asks again, until CLOCK_MONOTONIC second ``until``.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_AGAIN_S)


def _made_private(file: str) -> None:
    """A new database is for its user alone (mode 600), whoever may enter its directory; SQLite's log follows it."""
    if file.startswith((":", "file:")):
        return  # in memory, or a URI
    with suppress(OSError):  # there already, or nowhere at all: then SQLite says so
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def made_engine(url: str, busy_timeout_s: float) -> AsyncEngine:
    """An engine for ``url``; nothing is connected yet. ``busy_timeout_s``: how long to wait for another writer."""
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_async_engine(url)
        _prepare_sqlite(engine, busy_timeout_s)
        return engine
    wait_ms = str(int(busy_timeout_s * 1000))
    # A server that was restarted has dropped our connections: they are tried before they are used.
    return create_async_engine(
        url, pool_pre_ping=True, connect_args={"timeout": 10, "server_settings": {"lock_timeout": wait_ms}}
    )


def appending(engine: AsyncEngine) -> Append:
    """Adds rows to the event log past the ORM (by far the most frequent statement), passing over ids that are there;
    returns how many were added.
    """
    if engine.dialect.name == "sqlite":
        quiet = sqlite.insert(EventRow).on_conflict_do_nothing(index_elements=["id"])

        async def counted(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
            return (await connection.execute(quiet, rows, execution_options={"preserve_rowcount": True})).rowcount

        return counted
    telling = postgresql.insert(EventRow).on_conflict_do_nothing(index_elements=["id"]).returning(EventRow.id)

    async def told(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
        return len((await connection.execute(telling, rows)).all())  # asyncpg does not count for us

    return told


async def fold(engine: AsyncEngine) -> None:
    """What was deleted is not in SQLite's log (WAL) any more either, unless somebody reads just now. PostgreSQL's own
    vacuum sees to that.
    """
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()


def _prepare_sqlite(engine: AsyncEngine, busy_timeout_s: float) -> None:
    """SQLite's settings for each connection, and transactions of our own choosing: the driver would begin them late,
    and two connections that read first and write later could then refuse each other at once.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # what is taken out is overwritten, not only forgotten
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _began(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
