from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.content import Content
from assist.floor import SETTLE_S
from ivr.contacts import ContactSnapshot
from tests.assist.test_floor import House, house
from voice.clock import SystemClock

TALKING = ContactSnapshot("w1", "100", "200", "talking", 1.0, "billing", 5, 2.0, "anna", "l1", 3.0)


async def settling(place: House) -> asyncio.Task[None]:
    task = asyncio.create_task(place.floor.settle())
    await asyncio.sleep(0)
    return task


def test_nobody_is_waited_for_where_the_log_has_no_open_contact(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as place, asyncio.timeout(SETTLE_S / 2):
            await place.floor.settle()

    asyncio.run(main())


def test_a_floor_that_comes_back_hears_of_its_contacts_before_it_lets_stations_in(
    tmp_path: Path, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assist.floor.SETTLE_S", 30.0)

    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as place:
            place.work()
            talking, queued = place.worker("c1"), place.worker("c2")
            await talking.talk()
            queued.queue()
            await place.restart()
            waiting = await settling(place)
            queued.say(ContactSnapshot("w2", "101", "200", "queued", 1.0, "billing", 5, 2.0))
            await place.settled()
            assert not waiting.done()
            talking.say(TALKING)
            await waiting
            place.work()
            await place.settled()
            assert place.desk().agent.state == "TALKING"
            assert queued.offers.empty()

    asyncio.run(main())


def test_a_contact_that_never_says_how_it_stands_is_not_waited_for_long(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content, SystemClock()) as place:
            place.worker("c1").queue()
            await place.restart()
            began = place.clock.monotonic()
            await place.floor.settle()
            assert place.clock.monotonic() - began >= SETTLE_S * 0.9

    asyncio.run(main())
