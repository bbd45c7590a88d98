from __future__ import annotations

import asyncio
from pathlib import Path

from assist.content import Content
from ivr.contacts import AgentOffered, CallbackRequested, ContactEnded
from tests.assist.test_floor import OFFERED, house
from voice.events import WorkerLost


def test_who_waited_with_a_worker_that_died_is_called_back(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as place:
            worker = place.worker()
            worker.queue()
            await place.settled()
            place.bus.publish(WorkerLost("w1", "signal 9"))
            place.bus.publish(WorkerLost("w1", "signal 9"))  # told once more is no second call
            await place.settled()
            (wanted,) = place.log_of(CallbackRequested)
            assert isinstance(wanted, CallbackRequested)
            assert (wanted.number, wanted.queue) == (OFFERED.caller, "billing")
            assert [type(event) for event in place.log_of(ContactEnded)] == [ContactEnded]

    asyncio.run(main())


def test_the_last_words_of_a_dead_worker_leave_no_ghost_in_the_queue(tmp_path: Path, content: Content) -> None:
    """Killed before the bus had its first words: they come from its spool, after the news of its death."""

    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as place:
            place.work()
            place.bus.publish(WorkerLost("w1", "signal 9"))
            worker = place.worker()
            worker.queue()
            worker.say(AgentOffered("anna", "a lease of before"))
            await place.settled()
            assert worker.offers.empty()
            assert place.desk().contact is None
            assert place.desk().agent.state == "AVAILABLE"
            (end,) = place.log_of(ContactEnded)
            assert isinstance(end, ContactEnded)
            assert (end.reason, end.ended_by) == ("worker_lost", "system")

    asyncio.run(main())
