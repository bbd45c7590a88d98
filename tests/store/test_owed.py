"""What the store refuses for a while is written later, in order; what it refuses for good is left out alone."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from assist.journal import Journal
from assist.store import Store, StoreError, StoreFailure
from assist.store.owed import RETRY_S, Owed
from assist.store.users import Audit
from assist.vocabulary import EVENTS
from ivr.contacts import ContactEnded
from ivr.supervision import SupervisionStarted
from tests.fakes.clock import VirtualClock
from voice.events import Envelope, EnvelopeFactory

factory = EnvelopeFactory("test", VirtualClock())


class Disk:
    """Writes down what it is given; refuses while ``refuses`` says why."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.refuses: StoreFailure | None = None

    def write(self, what: str) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            if self.refuses is not None:
                raise StoreError(self.refuses)
            self.written.append(what)

        return do


def with_owed(use: Callable[[Owed, Disk, VirtualClock], Awaitable[None]], most: int = 10) -> None:
    async def main() -> None:
        clock, disk = VirtualClock(), Disk()
        owed = Owed(clock, most, back=lambda: disk.written.append("back"))
        running = asyncio.create_task(owed.run())
        await use(owed, disk, clock)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


@pytest.mark.parametrize("why", [StoreFailure.LOCKED, StoreFailure.FULL, StoreFailure.CANNOT_OPEN])
def test_what_comes_while_the_store_is_away_is_written_in_order_when_it_is_back(why: StoreFailure) -> None:
    async def use(owed: Owed, disk: Disk, clock: VirtualClock) -> None:
        await owed.write(disk.write("before"), "x")
        disk.refuses = why
        for name in ("first", "second"):
            await owed.write(disk.write(name), "x")
        await clock.advance(RETRY_S)
        assert (owed.waiting, disk.written) == (2, ["before"])
        disk.refuses = None
        await owed.write(disk.write("third"), "x")
        assert disk.written == ["before"], "nothing overtakes what waits"
        await clock.advance(RETRY_S)
        assert disk.written == ["before", "first", "second", "third", "back"]
        await owed.write(disk.write("after"), "x")
        assert (disk.written[-1], owed.waiting, owed.lost) == ("after", 0, 0)

    with_owed(use)


def test_what_is_refused_for_good_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def use(owed: Owed, disk: Disk, clock: VirtualClock) -> None:
        disk.refuses = StoreFailure.OTHER
        await owed.write(disk.write("bad"), "what is bad", 3)
        disk.refuses = None
        await owed.write(disk.write("good"), "x")
        assert (disk.written, owed.lost, owed.waiting) == (["good"], 3, 0)

    with caplog.at_level(logging.ERROR):
        with_owed(use)
    assert "what is bad" in caplog.text


def test_memory_is_bounded_and_what_is_left_out_is_counted() -> None:
    async def use(owed: Owed, disk: Disk, clock: VirtualClock) -> None:
        disk.refuses = StoreFailure.LOCKED
        for name in ("one", "two", "three"):
            await owed.write(disk.write(name), name, 4)
        assert (owed.waiting, owed.lost) == (8, 4)
        disk.refuses = None
        await owed.settle()
        assert disk.written == ["one", "two", "back"]

    with_owed(use)


def ended(contact: str) -> Envelope:
    return factory.wrap(ContactEnded("completed", "caller", 1.0, 1.0), contact)


def test_a_log_that_another_program_holds_has_no_hole_afterwards(tmp_path: Path) -> None:
    async def main() -> None:
        file, clock = tmp_path / "s.db", VirtualClock()
        store = await Store.open(f"sqlite+aiosqlite:///{file}", busy_timeout_s=0.01)
        journal = Journal(store, EVENTS, Owed(clock))
        running = asyncio.create_task(journal.owed.run())
        listened = factory.wrap(SupervisionStarted("sara", "anna"), "c1")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await journal.append([ended("c1"), listened])
            await journal.append([ended("c2")])
            assert journal.owed.waiting == 3
            other.execute("ROLLBACK")
        await clock.advance(RETRY_S)
        await journal.owed.settle()
        assert [len(await journal.of_contact(contact)) for contact in ("c1", "c2")] == [2, 1]
        assert [entry.action for _, entry in await Audit(store).entries()] == ["listen_live"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()

    asyncio.run(main())


def test_an_event_no_database_takes_does_not_take_its_neighbours_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 's.db'}")
        journal, events = Journal(store, EVENTS), [ended("c1"), ended("c2"), ended("c3")]
        whole = EVENTS.encode
        monkeypatch.setattr(
            type(EVENTS), "encode",
            lambda codec, envelope: whole(envelope) | ({"type": None} if envelope is events[1] else {}),
        )  # fmt: skip
        await journal.append(events)
        assert [len(await journal.of_contact(f"c{number}")) for number in (1, 2, 3)] == [1, 0, 1]
        assert events[1].id in caplog.text
        await store.close()

    asyncio.run(main())
