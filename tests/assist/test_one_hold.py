"""The customer's hold and the station's are one: whichever was changed, the other follows."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from assist.api.commands import CallCommand, Hold, SwapParties
from assist.api.ports import StationReport, StationVerb
from assist.desk_contact import DeskContact
from assist.one_hold import Holds, OneHold
from voice.commands import Reply

TALKING = DeskContact("c1", "talking", "100", "billing", 1.0, 2.0)
IN_CALL, HELD = StationReport("in_call", True), StationReport("held", True)


def test_the_station_follows_the_contact_and_is_told_once() -> None:
    station = OneHold()
    assert station.reported("in_call") is None
    assert station.contact(True) == "hold"
    assert station.contact(True) is None
    assert station.answered(True) is None
    assert station.reported("held") is None, "nobody pressed a key"
    assert station.contact(False) == "resume"


def test_a_phase_that_nobody_ordered_is_the_agents_key() -> None:
    station = OneHold()
    assert station.reported("held") is True
    assert station.contact(True) is None
    assert station.reported("in_call") is False
    assert station.reported("in_call") is None


def test_what_is_reported_while_an_order_is_under_way_is_not_the_key() -> None:
    station = OneHold()
    assert station.contact(True) == "hold"
    assert station.contact(False) is None, "one order at a time"
    assert station.reported("held") is None
    assert station.answered(True) == "resume"
    assert station.reported("held") is None
    assert station.answered(True) is None
    assert station.reported("in_call") is None


def test_the_next_call_begins_unheld() -> None:
    station = OneHold()
    assert station.reported("held") is True
    assert station.reported("idle") is None
    assert station.reported("in_call") is None
    assert station.contact(False) is None


class Desk:
    """One agent's desk, station and worker, as ``Holds`` sees them."""

    def __init__(self, contact: DeskContact = TALKING) -> None:
        self.contact: DeskContact | None = contact
        self.orders: list[StationVerb] = []
        self.asked: list[CallCommand] = []
        self.station_says = self.worker_says = Reply(True)
        self._tasks: list[asyncio.Task[None]] = []
        self.holds = Holds(lambda agent: self.contact, self._order, self._ask, self._spawn)

    async def settled(self) -> None:
        while self._tasks:
            await self._tasks.pop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _order(self, agent: str, verb: StationVerb) -> Reply:
        self.orders.append(verb)
        return self.station_says

    async def _ask(self, agent: str, command: CallCommand) -> Reply:
        self.asked.append(command)
        return self.worker_says


def on(contact: DeskContact, **changes: Any) -> DeskContact:
    return DeskContact(contact.id, contact.phase, contact.caller, contact.queue, contact.offered_at, 2.0, **changes)


@pytest.mark.parametrize(
    ("contact", "pressed", "asked"),
    [
        (TALKING, HELD, [Hold(True)]),
        (on(TALKING, consult="ben", consult_state="talking"), HELD, [SwapParties()]),
        (on(TALKING, consult="ben", consult_state="ringing"), HELD, []),
        (on(TALKING, consult="ben", consult_state="conference"), HELD, []),
    ],
)
def test_the_key_means_what_the_page_means(contact: DeskContact, pressed: StationReport, asked: list[Any]) -> None:
    async def main() -> None:
        desk = Desk(contact)
        desk.holds.reported("anna", IN_CALL)
        desk.holds.reported("anna", pressed)
        await desk.settled()
        assert desk.asked == asked
        assert desk.orders == (["resume"] if contact.consult else []), "a colleague is to be heard"

    asyncio.run(main())


def test_the_pages_button_moves_the_station_too() -> None:
    async def main() -> None:
        desk = Desk()
        desk.holds.reported("anna", IN_CALL)
        desk.contact = on(TALKING, held=True)
        desk.holds.told("anna")
        await desk.settled()
        desk.holds.reported("anna", HELD)
        desk.contact = on(TALKING, held=True, consult="ben", consult_state="ringing")
        desk.holds.told("anna")
        await desk.settled()
        assert desk.orders == ["hold", "resume"]
        assert desk.asked == []

    asyncio.run(main())


def test_a_station_that_cannot_resume_leaves_the_customer_music() -> None:
    async def main() -> None:
        desk = Desk(on(TALKING, held=True))
        desk.holds.reported("anna", HELD)
        await desk.settled()
        desk.station_says = Reply(False, "the headset has no sound")
        desk.contact = TALKING
        desk.holds.told("anna")
        await desk.settled()
        assert desk.orders == ["resume"]
        assert desk.asked == [Hold(True), Hold(True)]

    asyncio.run(main())


def test_a_hold_the_worker_refuses_does_not_stay_at_the_station() -> None:
    async def main() -> None:
        desk = Desk()
        desk.worker_says = Reply(False, "this is not your contact")
        desk.holds.reported("anna", HELD)
        await desk.settled()
        assert desk.orders == ["resume"]

    asyncio.run(main())


def test_a_station_at_a_pbx_holds_by_itself() -> None:
    async def main() -> None:
        desk = Desk()
        desk.holds.reported("anna", StationReport("held", True, pbx=True))
        desk.holds.told("anna")
        await desk.settled()
        assert (desk.asked, desk.orders) == ([], [])

    asyncio.run(main())
