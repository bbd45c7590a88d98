from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from assist.journal import Journal
from assist.log_writer import LogWriter
from ivr.contacts import ContactEnded
from tests.fakes.clock import VirtualClock
from transcription.utterances import UtterancePartial
from voice.events import Envelope, EnvelopeFactory

factory = EnvelopeFactory("test", VirtualClock())


@dataclass
class SlowJournal:
    """A disk that writes when it is told to."""

    written: list[list[str]] = field(default_factory=list)
    may_write: asyncio.Event = field(default_factory=asyncio.Event)

    async def append(self, envelopes: Sequence[Envelope]) -> None:
        await self.may_write.wait()
        self.written.append([envelope.id for envelope in envelopes])


def durable() -> Envelope:
    return factory.wrap(ContactEnded("completed", "caller", 1.0, 1.0), "c1")


def test_what_comes_while_the_disk_writes_is_written_next_together_and_settled_after_that() -> None:
    async def main() -> None:
        journal, settled = SlowJournal(), list[str]()
        writer = LogWriter(cast(Journal, journal), lambda done: settled.extend(one.id for one in done))
        running = asyncio.create_task(writer.run())
        events = [durable() for _ in range(3)]
        writer.put(events[0], new=True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for event in events[1:]:
            writer.put(event, new=True)
        assert settled == []
        journal.may_write.set()
        await writer.flush()
        assert journal.written == [[events[0].id], [event.id for event in events[1:]]]
        assert settled == [event.id for event in events]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())


def test_cut_off_in_the_midst_of_a_write_everything_is_written_by_the_last_flush_in_order() -> None:
    async def main() -> None:
        journal, settled = SlowJournal(), list[str]()
        writer = LogWriter(cast(Journal, journal), lambda done: settled.extend(one.id for one in done))
        running = asyncio.create_task(writer.run())
        first, second = durable(), durable()
        writer.put(first, new=True)
        for _ in range(3):
            await asyncio.sleep(0)
        writer.put(second, new=True)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert settled == []
        journal.may_write.set()
        await writer.flush()
        assert journal.written == [[first.id, second.id]]
        assert settled == [first.id, second.id]

    asyncio.run(main())


def test_a_repeat_is_settled_and_not_written_and_live_words_are_neither() -> None:
    async def main() -> None:
        journal, settled = SlowJournal(), list[str]()
        journal.may_write.set()
        writer = LogWriter(cast(Journal, journal), lambda done: settled.extend(one.id for one in done))
        repeat, live = durable(), factory.wrap(UtterancePartial("u1", "caller", "hello", 0.0, 1.0, 1), "c1")
        writer.put(repeat, new=False)
        writer.put(live, new=True)
        await writer.flush()
        assert journal.written == [[]]
        assert settled == [repeat.id]

    asyncio.run(main())
