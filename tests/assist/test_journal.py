from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from assist.board.events import DeskWatched
from assist.journal import PROMISE_S, Journal
from assist.store import Store, StoreError
from assist.store.users import Audit
from assist.vocabulary import EVENTS
from ivr.contacts import AgentStateChanged, CallbackRequested, ContactEnded, ContactOffered
from ivr.outbound import CallbackSettled, CallbackTried
from ivr.supervision import SupervisionEnded, SupervisionModeChanged, SupervisionStarted
from tests.fakes.clock import VirtualClock
from voice.events import Envelope, EnvelopeFactory, Event, LegRinging
from voice.hearing import Mode

factory = EnvelopeFactory("test", VirtualClock())


def offered(worker: str) -> Event:
    return ContactOffered(worker, "+12025550142", "100", "demo", "1")


def state(agent: str, name: str, reason: str = "", until: float = 0.0) -> Envelope:
    return factory.wrap(AgentStateChanged(agent, name, reason, 0.0, until))


def with_journal(tmp_path: Path, use: Callable[[Journal, Store], Awaitable[None]]) -> None:
    async def main() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'log.db'}")
        try:
            await use(Journal(store, EVENTS), store)
        finally:
            await store.close()

    asyncio.run(main())


def test_events_come_back_in_the_order_they_came_whole_batches_and_once(tmp_path: Path) -> None:
    async def use(journal: Journal, store: Store) -> None:
        batch = [factory.wrap(LegRinging(f"leg-{number}", "caller", "sip:x"), "c1") for number in range(5)]
        other = factory.wrap(offered("w2"), "c2")
        await journal.append(batch[:2])
        await journal.append([batch[1], batch[2], other, *batch[3:]])
        await journal.append([])
        assert await journal.of_contact("c1") == batch
        assert await journal.of_contact("c2") == [other]
        assert await journal.of_contact("c3") == []

    with_journal(tmp_path, use)


def test_a_batch_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    async def use(journal: Journal, store: Store) -> None:
        good = EVENTS.encode(factory.wrap(offered("w1"), "c1"))
        broken = good | {"id": "other", "type": None}  # the database refuses it
        with pytest.raises(StoreError, match="NOT NULL"):
            await store.append(good, broken)
        assert await journal.of_contact("c1") == []
        assert await store.append(good) == 1
        assert await store.append(good, good) == 0
        assert await store.append() == 0

    with_journal(tmp_path, use)


def test_who_rests_or_wraps_up_is_who_last_said_so(tmp_path: Path) -> None:
    async def use(journal: Journal, store: Store) -> None:
        await journal.append(
            [
                state("anna", "NOT_READY", "break"),
                state("ben", "NOT_READY", "meal"),
                state("ben", "AVAILABLE"),
                state("cleo", "NOT_READY", "system"),
                state("dan", "TALKING"),
                state("fay", "WRAPUP", until=50.0),
                state("gus", "WRAPUP", until=49.0),
                *(state("eve", "AVAILABLE") for _ in range(300)),
            ]
        )
        found = {last.agent: (last.state, last.reason) for last in await journal.states(49.5)}
        assert found == {"anna": ("NOT_READY", "break"), "fay": ("WRAPUP", "")}

    with_journal(tmp_path, use)


def test_contacts_without_an_end_and_those_of_a_worker(tmp_path: Path) -> None:
    async def use(journal: Journal, store: Store) -> None:
        for number in (1, 2):
            await journal.append([factory.wrap(offered(f"w{number}"), f"c{number}")])
        await journal.append([factory.wrap(ContactEnded("completed", "caller", 1.0, 1.0), "c1")])
        assert await journal.open_contacts() == {"c2"}
        assert await journal.contact_of("w1") == "c1"
        assert await journal.contact_of("w9") is None

    with_journal(tmp_path, use)


def test_promises_that_are_open_and_fresh_are_remembered(tmp_path: Path) -> None:
    async def use(journal: Journal, store: Store) -> None:
        asked = CallbackRequested("+12025550142", "billing", 5, 1.0)
        promised = [factory.wrap(asked, contact) for contact in ("kept", "open")]
        settled = factory.wrap(CallbackSettled("callback-kept", True, 1, ""))
        tries = [factory.wrap(CallbackTried("callback-open", number, 1000.0)) for number in (1, 2)]
        await journal.append([*promised, settled, *tries])
        now = promised[0].at
        assert [each.attempts for each in await journal.tried(now)] == [1, 2]
        assert await journal.tried(now + 2 * PROMISE_S) == []
        assert await journal.open_promises(now) == [("open", asked)]
        assert await journal.open_promises(now + 2 * PROMISE_S) == []

    with_journal(tmp_path, use)


def test_a_supervisor_who_listens_or_reads_along_is_put_down(tmp_path: Path) -> None:
    async def use(journal: Journal, store: Store) -> None:
        happened: list[Event] = [
            SupervisionStarted("sara", "anna"), SupervisionModeChanged("sara", "anna", Mode.WHISPER, "phone"),
            SupervisionEnded("sara", "anna", Mode.WHISPER, 9.0), DeskWatched("sara", "anna"),
        ]  # fmt: skip
        await journal.append([factory.wrap(event, "c1") for event in happened])
        audit = [(one.user, one.action, one.subject, one.detail) for _, one in await Audit(store).entries()]
        done = [action for user, action, contact, agent in audit if (user, contact, agent) == ("sara", "c1", "anna")]
        assert done == ["read_live", "whisper", "listen_live"]

    with_journal(tmp_path, use)
