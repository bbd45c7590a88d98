"""Migrations: a new database, one from before there were steps, one of a newer program; all alike in the end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine

from assist.store import Store, StoreError, StoreFailure
from assist.store.customers import CustomerBase
from assist.store.database import into_wal
from assist.store.schema import FIRST, HEAD, MIGRATIONS
from assist.store.tables import Base
from assist.store.tasks import Tasks
from tests.store.opened import with_store

ADDED = {"users", "audit", "bookmarks", "intervals"}


async def _nothing(store: Store) -> None:
    pass


def differences(file: Path) -> list[object]:
    """Between the database and the tables of the code."""

    def compared(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            return compared(connection)
    finally:
        engine.dispose()


def before_there_were_steps(file: Path) -> None:
    """A database as the first callfloor made it, with a customer and an event."""
    old = MetaData()
    for table in Base.metadata.sorted_tables:
        if table.name not in ADDED:
            copied = table.to_metadata(old)
            if table.name == "customers":
                copied.indexes = {index for index in copied.indexes if "external_id" not in (index.name or "")}
                copied._columns.remove(copied.c.external_id)  # what step 0002 adds
            if table.name == "issues":
                for added in ("contact_id", "number"):  # by step 0007
                    copied._columns.remove(copied.c[added])
            if table.name in ("issues", "promises"):
                copied.c.customer_id.nullable = False
            if table.name == "contacts":
                copied.indexes = {index for index in copied.indexes if index.name != "ix_contacts_number"}
    engine = create_engine(f"sqlite:///{file}")
    old.create_all(engine)
    engine.dispose()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 1")
        database.execute(
            "INSERT INTO customers VALUES (1, 'Ada', 'Ada', '+12025550142', '025550142', '2020-01-01', 'Gold', '')"
        )
        database.execute("INSERT INTO issues VALUES (1, 1, 'Late delivery', '2025-01-01 00:00:00', NULL)")
        database.execute("INSERT INTO promises VALUES (1, 1, 'c1', 'call back', '2025-01-01 00:00:00', NULL, 0)")
        database.execute("INSERT INTO events VALUES (1, 'e1', 'c1', 'x', '2025-01-01 00:00:00', '{\"id\":\"e1\"}')")
        database.commit()


def test_the_last_step_is_the_one_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    steps = ScriptDirectory.from_config(config)
    assert steps.get_heads() == [HEAD]
    assert steps.get_bases() == [FIRST]


def test_the_steps_make_the_tables_of_the_code(tmp_path: Path) -> None:
    with_store(tmp_path / "new.db", _nothing)
    assert differences(tmp_path / "new.db") == []


def test_a_database_from_before_there_were_steps_is_brought_up_to_date(tmp_path: Path) -> None:
    before_there_were_steps(tmp_path / "old.db")

    async def use(store: Store) -> None:
        assert await store.events_of("c1") == ({"id": "e1"},)
        found = await store.find_customer("+12025550142")
        assert found is not None
        assert (found.name, found.issues[0].title, found.promises[0].text) == ("Ada", "Late delivery", "call back")
        hers = await CustomerBase(store).belongings(1)
        assert hers is not None
        await CustomerBase(store).erase(1, hers)
        assert await Tasks(store).due(date(2026, 1, 1), None, issues=True) == ()

    with_store(tmp_path / "old.db", use)
    assert differences(tmp_path / "old.db") == []


def test_a_newer_programs_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    with_store(file, _nothing)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    with pytest.raises(StoreError, match="9999") as caught:
        with_store(file, _nothing)
    assert caught.value.failure is StoreFailure.TOO_NEW


def test_two_programs_that_start_together_make_one_database(tmp_path: Path) -> None:
    async def main() -> None:
        url = f"sqlite+aiosqlite:///{tmp_path / 's.db'}"
        for store in await asyncio.gather(Store.open(url), Store.open(url)):
            await store.close()

    asyncio.run(main())
    assert differences(tmp_path / "s.db") == []
    with closing(sqlite3.connect(tmp_path / "s.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_program_that_cannot_switch_to_the_log_at_once_asks_again(tmp_path: Path) -> None:
    file, refused = tmp_path / "s.db", threading.Event()

    def trace(statement: str) -> None:
        if "journal_mode" in statement:
            refused.set()

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(sqlite3.connect(file, timeout=0.0, check_same_thread=False)) as ours:
            ours.set_trace_callback(trace)
            switching = threading.Thread(target=into_wal, args=(ours, time.monotonic() + 20.0))
            switching.start()
            assert refused.wait(20.0)
            other.execute("ROLLBACK")
            switching.join()
            assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            ours.execute("PRAGMA journal_mode = DELETE").close()
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                into_wal(ours, time.monotonic())


@pytest.mark.parametrize("table", ["events", "audit"])
def test_the_logs_are_only_added_to(tmp_path: Path, table: str) -> None:
    before_there_were_steps(tmp_path / "s.db")
    with_store(tmp_path / "s.db", _nothing)
    with closing(sqlite3.connect(tmp_path / "s.db")) as database:
        if table == "audit":
            database.execute("INSERT INTO audit VALUES (1, '2025-01-01', 'a', 'admin', 'read', 'c1', '', '')")
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            database.execute(f"UPDATE {table} SET at = '2026-01-01'")


def test_a_new_database_is_for_its_user_alone(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        await store.append({"id": "e1", "type": "x", "at": 1.0, "contact_id": "c1", "data": {}})
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
        assert set(modes) >= {"s.db", "s.db-wal"}
        assert set(modes.values()) == {0o600}

    with_store(tmp_path / "s.db", use)


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        asyncio.run(Store.open(url))
    assert caught.value.failure is StoreFailure.CANNOT_OPEN
