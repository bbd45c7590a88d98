from __future__ import annotations

import asyncio
from pathlib import Path

from assist.content import Content
from ivr.contacts import AgentOffered, ContactEnded
from tests.assist.test_floor import house
from voice.events import WorkerLost


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
