from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from assist.content import Content
from assist.effects import DraftSummary
from assist.store import DEMO_NUMBER, Store, StoreError, StoreFailure, seed_demo
from assist.store.tables import UtcDateTime
from assist.summary import ContactSummary
from tests.assist.dialogue import BILLING_DISPUTE, SARAH, START, contact, play

TODAY = date(2025, 10, 9)


def url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def with_store(file: Path, use: Callable[[Store], Awaitable[None]], **options: Any) -> None:
    async def main() -> None:
        store = await Store.open(url(file), **options)
        try:
            await use(store)
        finally:
            await store.close()

    asyncio.run(main())


def envelope(number: int, contact_id: str | None = "c1") -> dict[str, object]:
    data = {"text": f"grüße {number}"}
    return {"id": f"e{number}", "at": START + number, "source": "w1", "seq": number, "type": "transcript.final",
            "data": data, "contact_id": contact_id, "cause_id": None}  # fmt: skip


def draft(content: Content) -> ContactSummary:
    (effect,) = play(content, contact(BILLING_DISPUTE))[-1][1]
    assert isinstance(effect, DraftSummary)
    return effect.summary


# -- the event log


def test_events_come_back_as_they_came_in_order_and_once(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        for number in (3, 1, 2):
            assert await store.append(envelope(number))
        assert not await store.append(envelope(1))
        await store.append(envelope(4, "c2"))
        await store.append(envelope(5, None))
        assert await store.events_of("c1") == (envelope(3), envelope(1), envelope(2))
        assert await store.events_of("nobody") == ()

    with_store(tmp_path / "s.db", use)


def test_text_that_is_no_unicode_is_kept_too(tmp_path: Path) -> None:
    """A floor that could not log an event would die of it, be given it again, and die again."""
    odd = {**envelope(1), "data": {"reason": "cut within a character \udcc3"}}

    async def use(store: Store) -> None:
        assert await store.append(odd)
        assert await store.events_of("c1") == (odd,)

    with_store(tmp_path / "odd.db", use)


def test_what_was_appended_is_there_after_reopening(tmp_path: Path) -> None:
    async def write(store: Store) -> None:
        await store.append(envelope(1))

    async def read(store: Store) -> None:
        assert await store.events_of("c1") == (envelope(1),)

    with_store(tmp_path / "s.db", write)
    with_store(tmp_path / "s.db", read)


def test_many_writers_in_one_process_wait_for_each_other(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        added = await asyncio.gather(*(store.append(envelope(number % 20)) for number in range(40)))
        assert sum(added) == 20

    with_store(tmp_path / "s.db", use)


# -- customers


def test_a_customer_is_found_however_the_number_is_written(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        await seed_demo(store, TODAY)
        for number in (DEMO_NUMBER, "12025550142", "0012025550142", "2025550142", "(202) 555-0142"):
            found = await store.find_customer(number)
            assert found is not None, number
            assert found.name == "James Smith"
        for number in ("", "anonymous", "142", "5550142", "+12025550199"):
            assert await store.find_customer(number) is None, number

    with_store(tmp_path / "s.db", use)


def test_the_demos_caller_has_the_story_the_cards_tell(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        await seed_demo(store, TODAY)
        await seed_demo(store, TODAY)  # a second start of the demo
        found = await store.find_customer(DEMO_NUMBER)
        assert found is not None
        assert [past.sentiment for past in found.past_contacts] == ["negative", "negative", "positive"]
        assert [issue.title for issue in found.issues if issue.open] == ["Charged twice on the last bill"]
        assert [promise.broken(TODAY) for promise in found.promises] == [True]
        assert found.style == "caring"

    with_store(tmp_path / "s.db", use)


def test_a_shared_number_is_a_choice_unless_one_has_exactly_it(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        await seed_demo(store, TODAY)
        shared = await store.look_up("+12025550107")
        assert shared.customer is None
        assert [one.name for one in shared.candidates] == ["John English", "June Court"]
        abroad = replace(SARAH, name="Namesake", phone="+442025550142")
        await store.add_customers([abroad])
        for number in ("+442025550142", "00442025550142"):
            exact = await store.look_up(number)
            assert exact.customer is not None, number
            assert exact.customer.name == "Namesake"
        shared = await store.look_up("2025550142")
        assert [one.name for one in shared.candidates] == ["James Smith", "Namesake"]

    with_store(tmp_path / "s.db", use)


# -- contacts that are over


def test_a_recorded_contact_becomes_history_and_promises(tmp_path: Path, content: Content) -> None:
    async def use(store: Store) -> None:
        await seed_demo(store, TODAY)
        before = await store.find_customer(DEMO_NUMBER)
        assert before is not None
        summary = replace(draft(content), customer_id=before.customer_id)
        await store.record_contact(summary)
        assert await store.summary_of("c1") == summary
        assert await store.summary_of("c2") is None
        after = await store.find_customer(DEMO_NUMBER)
        assert after is not None
        assert after.past_contacts[0].contact_id == "c1"
        assert after.past_contacts[0].summary == "billing dispute"
        assert [(made.text, made.due_on) for made in after.promises[:2]] == [
            ("“you will receive a confirmation email tomorrow”", date(2025, 10, 10)),
            ("“i will refund the wrong charge today”", date(2025, 10, 9)),
        ]

    with_store(tmp_path / "s.db", use)


def test_the_last_agent_of_a_customer_is_known(tmp_path: Path, content: Content) -> None:
    async def use(store: Store) -> None:
        await seed_demo(store, TODAY)
        customer = await store.find_customer(DEMO_NUMBER)
        assert customer is not None
        assert await store.last_agent(customer.customer_id) == ""
        for contact_id, agent, ended_at in (("c1", "ben", 20.0), ("c2", "anna", 30.0), ("c3", "", 40.0)):
            kept = replace(draft(content), contact_id=contact_id, customer_id=customer.customer_id)
            await store.record_contact(replace(kept, agent=agent, ended_at=ended_at))
        assert await store.last_agent(customer.customer_id) == "anna"
        assert await store.last_agent(customer.customer_id + 1) == ""
        assert await store.last_agent(None, DEMO_NUMBER) == "anna"
        assert await store.last_agent(None, "+12025550999") == ""

    with_store(tmp_path / "s.db", use)


def test_withheld_numbers_are_not_one_caller(tmp_path: Path, content: Content) -> None:
    async def use(store: Store) -> None:
        await store.record_contact(replace(draft(content), customer_id=None, number="anonymous", agent="anna"))
        assert await store.last_agent(None, "anonymous") == ""

    with_store(tmp_path / "s.db", use)


def test_a_second_draft_replaces_the_first(tmp_path: Path, content: Content) -> None:
    async def use(store: Store) -> None:
        await store.add_customers([SARAH])
        first = replace(draft(content), customer_id=1)
        await store.record_contact(first)
        await store.record_contact(replace(first, disposition="changed", follow_ups=first.follow_ups[:1]))
        found = await store.find_customer(SARAH.phone)
        assert found is not None
        assert [past.disposition for past in found.past_contacts] == ["changed", "open"]
        assert len(found.promises) == 2  # one of the contact, one from before

    with_store(tmp_path / "s.db", use)


def test_a_customer_erased_during_the_call_does_not_lose_the_contact(tmp_path: Path, content: Content) -> None:
    async def use(store: Store) -> None:
        await store.record_contact(replace(draft(content), customer_id=999))
        assert await store.summary_of("c1") is not None

    with_store(tmp_path / "s.db", use)


def test_two_processes_that_read_and_write_at_once_both_succeed(tmp_path: Path, content: Content) -> None:
    summary = draft(content)

    async def main() -> None:
        first, second = await Store.open(url(tmp_path / "s.db")), await Store.open(url(tmp_path / "s.db"))
        try:
            await asyncio.gather(
                *(first.record_contact(replace(summary, contact_id=f"a{number}")) for number in range(10)),
                *(second.record_contact(replace(summary, contact_id=f"b{number}")) for number in range(10)),
            )
        finally:
            await first.close()
            await second.close()

    asyncio.run(main())
    assert rows(tmp_path / "s.db", "contacts") == 20


# -- when the disk says no


def rows(file: Path, table: str) -> int:
    connection = sqlite3.connect(file)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()


def test_a_full_disk_is_reported_and_nothing_is_half_written(tmp_path: Path) -> None:
    file = tmp_path / "s.db"

    async def use(store: Store) -> None:
        await store.append(envelope(1))
        async with store._engine.connect() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        crowd = [replace(SARAH, name=f"{number} " + "x" * 3000) for number in range(20)]
        with pytest.raises(StoreError) as caught:
            await store.add_customers(crowd)
        assert caught.value.failure is StoreFailure.FULL
        assert await store.events_of("c1") == (envelope(1),)

    with_store(file, use)
    assert (rows(file, "customers"), rows(file, "issues"), rows(file, "events")) == (0, 0, 1)


def test_a_locked_database_is_reported_and_the_next_write_succeeds(tmp_path: Path) -> None:
    file = tmp_path / "s.db"

    async def use(store: Store) -> None:
        other = sqlite3.connect(file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as caught:
                await store.append(envelope(1))
            assert caught.value.failure is StoreFailure.LOCKED
            assert await store.events_of("c1") == ()  # reading goes on
            other.execute("ROLLBACK")
        finally:
            other.close()
        assert await store.append(envelope(1))

    with_store(file, use, busy_timeout_s=0.01)


@pytest.mark.parametrize("steps", [1, 3, 8, 20])
def test_a_cancelled_write_is_whole_or_absent_and_the_store_usable(tmp_path: Path, steps: int) -> None:
    async def use(store: Store) -> None:
        writing = asyncio.create_task(store.add_customers([SARAH] * 50))
        for _ in range(steps):
            await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await store.append(envelope(1))

    with_store(tmp_path / "s.db", use)
    assert rows(tmp_path / "s.db", "customers") in (0, 50)
    assert rows(tmp_path / "s.db", "events") == 1


def test_opening_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database, it is a note of some length\n" * 30)
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    expected = {
        "text.db": StoreFailure.CORRUPT,
        "newer.db": StoreFailure.TOO_NEW,
        "no/such/dir.db": StoreFailure.CANNOT_OPEN,
    }
    for name, failure in expected.items():
        with pytest.raises(StoreError) as caught:
            asyncio.run(Store.open(url(tmp_path / name)))
        assert caught.value.failure is failure, name


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2025, 10, 9), None)  # type: ignore[arg-type]
