"""What the store promises, held against SQLite and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from assist.store import DEMO_NUMBER, Store, StoreError, StoreFailure, seed_demo
from assist.store.archive import Archive
from assist.store.ledger import Entry, Ledger
from assist.store.outbox import Outbox
from assist.store.retention import Retention
from assist.store.settings import StoreSettings
from assist.store.tables import Base
from assist.store.users import Account, Audit, AuditEntry, Users
from tests.assist_web.kept_house import BEGAN, summary
from tests.fakes.postgres import Postgres
from tests.store.opened import with_store

TODAY = date(2025, 10, 9)


def envelope(number: int, contact_id: str | None = "c1", name: str = "transcript.final") -> dict[str, object]:
    data = {"text": f"grüße {number} \udcc3 \x00"}
    return {"id": f"e{number}", "at": BEGAN + number, "source": "w1", "seq": number, "type": name, "data": data,
            "contact_id": contact_id, "cause_id": None}  # fmt: skip


def test_events_come_back_as_they_came_in_order_and_once(url: str) -> None:
    async def use(store: Store) -> None:
        assert await store.append(envelope(3), envelope(1)) == 2
        assert await store.append(envelope(1), envelope(2)) == 1
        assert await store.append() == 0
        await store.append(envelope(4, None, "agent.state"))
        assert await store.events_of("c1") == (envelope(3), envelope(1), envelope(2))
        assert await store.latest("transcript.final", 2) == (envelope(1), envelope(2))
        log = [each["id"] async for each in store.log(["transcript.final", "agent.state"], BEGAN + 2, BEGAN + 9)]
        assert log == ["e3", "e2", "e4"]

    with_store(url, use)


def test_a_batch_is_written_whole_or_not_at_all(url: str) -> None:
    async def use(store: Store) -> None:
        with pytest.raises(StoreError) as refused:
            await store.append(envelope(1), envelope(2) | {"type": None})
        assert refused.value.failure is StoreFailure.OTHER
        assert await store.events_of("c1") == ()
        added = await asyncio.gather(*(store.append(envelope(number % 20)) for number in range(40)))
        assert sum(added) == 20

    with_store(url, use)


def test_a_contact_becomes_history_and_is_found_again(url: str) -> None:
    async def use(store: Store) -> None:
        await seed_demo(store, TODAY)
        before = await store.find_customer(DEMO_NUMBER)
        assert before is not None
        kept = summary("c1", "anna", customer_id=before.customer_id)
        for again in (kept, replace(kept, disposition="resolved")):
            await store.record_contact(again)
        found = await store.find_customer(DEMO_NUMBER)
        assert found is not None
        assert [past.disposition for past in found.past_contacts if past.contact_id == "c1"] == ["resolved"]
        assert await store.last_agent(before.customer_id) == "anna"
        assert (await store.summaries_between(BEGAN, BEGAN + 1))[0].disposition == "resolved"
        assert [line.started_at for line in await Archive(store).contacts(agents=["anna"])] == [BEGAN]

    with_store(url, use)


def test_accounts_audit_and_retention(url: str, tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        users, audit = Users(store), Audit(store)
        assert await users.add(Account("carl", "Carl", "auditor", "hash"))
        assert not await users.add(Account("carl", "Carl", "auditor", "hash"))
        assert await users.set_password("carl", "other")
        await audit.record(AuditEntry(BEGAN, "carl", "auditor", "read", "c1"))
        await store.append(envelope(1))
        await store.record_contact(summary("c1", "anna"))
        taken = await Retention(store, tmp_path / "none", StoreSettings(), BEGAN + 91 * 86_400).purge()
        assert {kind: count for kind, count in taken.items() if count} == {"transcripts": 1, "contacts": 1, "audit": 1}
        assert await users.remove("carl")
        assert await audit.entries() == []

    with_store(url, use)


def test_the_steps_make_the_tables_of_the_code_and_logs_that_are_only_added_to(url: str) -> None:
    async def main() -> None:
        for store in await asyncio.gather(Store.open(url), Store.open(url)):  # two programs start together
            await store.append(envelope(1))
            await store.close()
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection:
                assert await connection.run_sync(differences) == []
                with pytest.raises(Exception, match="only added to"):
                    await connection.execute(text("UPDATE events SET type = 'x'"))
        finally:
            await engine.dispose()

    asyncio.run(main())


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


@pytest.mark.postgres
def test_a_server_that_was_away_is_used_again(server: Postgres) -> None:
    async def use(store: Store) -> None:
        await store.append(envelope(1))
        await asyncio.to_thread(server.stop)
        with pytest.raises(StoreError) as refused:
            await store.append(envelope(2))
        assert refused.value.failure is StoreFailure.CANNOT_OPEN
        await asyncio.to_thread(server.start)
        assert await store.append(envelope(2)) == 1
        assert await store.events_of("c1") == (envelope(1), envelope(2))

    with_store(server.database(), use)


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["nobody@/missing?host={}", "stranger@/postgres?host={}", "nobody@/x?host={}/no/such"])
def test_a_database_that_is_not_there_is_said_to_be(server: Postgres, name: str) -> None:
    with pytest.raises(StoreError) as refused:
        asyncio.run(Store.open(f"postgresql+asyncpg://{name.format(server.directory)}"))
    assert refused.value.failure is StoreFailure.CANNOT_OPEN


def test_the_log_is_an_outbox_and_days_are_closed(url: str) -> None:
    async def use(store: Store) -> None:
        outbox = Outbox(store, "webhook", ["alert.raised"])
        assert await outbox.waiting() == ()
        await store.append(envelope(1), envelope(2, name="alert.raised"), envelope(3, name="alert.raised"))
        (first, second) = await outbox.waiting()
        await outbox.taken(first[0])
        assert await Outbox(store, "webhook", ["alert.raised"]).waiting() == (second,)
        ledger = Ledger(store)
        entries = (Entry(900, "billing", "", {"offered": 2.0}), Entry(900, "billing", "anna", {"offered": 1.0}))
        assert await ledger.closed_until() == 0
        await ledger.close(entries, 86_400)
        assert await ledger.closed_until() == 86_400
        assert await ledger.between(900, 901) == entries
        with pytest.raises(StoreError):
            await ledger.close(entries[:1], 2 * 86_400)
        assert await ledger.closed_until() == 86_400, "both or neither"

    with_store(url, use)
