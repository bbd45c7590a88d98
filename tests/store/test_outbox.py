"""The log as an outbox: from a bookmark on, in order, over the end of whoever reads it."""

from __future__ import annotations

from pathlib import Path

from assist.alerts import ALERT_EVENTS, AlertAcknowledged, AlertCleared
from assist.store import Store
from assist.store.outbox import BATCH, Outbox
from tests.store.opened import with_store
from voice.events import Envelope, Event, EventCodec, ServiceChanged

CODEC = EventCodec((*ALERT_EVENTS, ServiceChanged))
TYPES = tuple(event.type for event in ALERT_EVENTS)


async def log(store: Store, *ids: str, event: Event | None = None) -> None:
    event = event or AlertCleared("c1:hold", "over")
    await store.append(*(CODEC.encode(Envelope(each, 1.0, "floor", 0, event, "c1")) for each in ids))


async def given(outbox: Outbox) -> list[str]:
    return [wire["id"] for _, wire in await outbox.waiting()]


def test_it_begins_with_what_happens_after_it_was_first_asked(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        await log(store, "a1")
        outbox = Outbox(store, "hook", TYPES)
        assert await given(outbox) == []
        await log(store, "a2", "a3")
        await log(store, "s1", event=ServiceChanged("transcription", up=False))
        await log(store, "a4", event=AlertAcknowledged("c1:hold", "sara"))
        assert await given(outbox) == ["a2", "a3", "a4"]
        assert await given(outbox) == []

    with_store(tmp_path / "db", use)


def test_what_was_not_taken_waits_for_the_next_reader_of_that_name(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        first = Outbox(store, "hook", TYPES)
        await first.waiting()
        await log(store, "a1", "a2", "a3")
        (one, _, _) = await first.waiting()
        await first.taken(one[0])
        first.rewind()
        for reader in (first, Outbox(store, "hook", TYPES)):
            assert await given(reader) == ["a2", "a3"]
        assert await given(Outbox(store, "another", TYPES)) == []

    with_store(tmp_path / "db", use)


def test_more_than_one_batch_comes_in_order(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        outbox = Outbox(store, "hook", TYPES)
        await outbox.waiting()
        ids = [f"a{number:03}" for number in range(BATCH + 3)]
        await log(store, *ids)
        assert await given(outbox) + await given(outbox) + await given(outbox) == ids

    with_store(tmp_path / "db", use)
