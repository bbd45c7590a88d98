"""The floor is killed with one contact in the menu, one queued and one talking: all three go on, none is forgotten."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from assist.cards import CardKind
from assist.demo.stage import Cast
from assist.desk import Desk
from assist.desk_contact import DeskContact
from assist.store.seed import DEMO_NUMBER
from ivr.contacts import AgentOffered, ContactAnswered, ContactEnded, ContactQueued, PromptStarted
from tests.scenarios.theatre import Caller, caller, contact_of, happened, on_stage, service
from voice.events import Event

pytestmark = pytest.mark.live

QUEUED, IN_MENU = "2025550171", "2025550172"


def test_three_contacts_survive_the_floor(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast, caller(cast, QUEUED) as queued, caller(cast, IN_MENU) as in_menu:
            await cast.connect()
            await cast.talk([1])
            seen = cast.seen
            await seen.until(lambda: _kinds(cast) > {CardKind.HISTORY, CardKind.CHECKLIST}, "cards for what was said")
            await _accept_history(cast)
            await _reach_menu(cast, queued)
            queued.puppet.order("digits", digits="1")
            await _event(cast, QUEUED, ContactQueued, "the second caller to be queued")
            await _reach_menu(cast, in_menu)
            before = cast.desk
            await _kill_floor(cast)
            await _calls_go_on(cast, in_menu)
            await _picture_is_whole(cast, before)
            await _queue_kept_its_order(cast, queued, in_menu)

    asyncio.run(main())


def _kinds(cast: Cast) -> set[CardKind]:
    return {entry.card.kind for entry in cast.desk.contact.cards} if cast.desk.contact is not None else set()


async def _event(cast: Cast, number: str, kind: type[Event], what: str) -> None:
    await cast.seen.until(lambda: bool(happened(cast, contact_of(cast, number), kind)), what)


async def _reach_menu(cast: Cast, new: Caller) -> None:
    new.call()
    await _event(cast, new.number, PromptStarted, f"the menu for {new.number}")


async def _accept_history(cast: Cast) -> None:
    contact = cast.desk.contact
    assert contact is not None
    cast.watcher.order("command", name="accept_card", data={"card_id": _history(contact)})
    await cast.seen.until(lambda: any(told.type == "card.settled" for told in cast.seen.told), "the card to be settled")


async def _kill_floor(cast: Cast) -> None:
    cast.seen.told.clear()
    os.kill(service(cast, "floor"), signal.SIGKILL)


async def _calls_go_on(cast: Cast, in_menu: Caller) -> None:
    """Nobody is hung up, the two who talk hear each other, the one in the menu can choose."""
    seen = cast.seen
    heard = dict(seen.heard_s)
    in_menu.puppet.order("digits", digits="1")
    await cast.talk([0, 9])
    await seen.until(lambda: all(seen.heard_s[party] > heard[party] for party in heard), "both to hear each other")
    await _event(cast, IN_MENU, ContactQueued, "the choice of the one in the menu")
    assert not seen.hung_up
    assert not seen.events(ContactEnded)


async def _picture_is_whole(cast: Cast, before: Desk) -> None:
    """The page comes back by itself and shows the contact as it was, with what was said since."""
    seen = cast.seen
    await seen.until(lambda: any(told.type == "snapshot" for told in seen.told), "the new floor's snapshot")
    await seen.until(lambda: cast.desk.agent.state == "TALKING", "the agent to be seen talking")
    await seen.until(lambda: cast.desk.station.registered, "the station to be back")
    await seen.until(lambda: cast.desk.services.recogniser.state == "up", "the recogniser to be seen")
    was, now = before.contact, cast.desk.contact
    assert was is not None
    assert now is not None
    assert (now.id, now.phase, now.caller, now.queue) == (was.id, "talking", was.caller, was.queue)
    assert abs(now.answered_at - was.answered_at) < 1.0, "the talk began when it began, not when the floor came back"
    assert now.customer == was.customer
    assert [line.text for line in was.transcript] == [line.text for line in now.transcript][: len(was.transcript)]
    assert {entry.card.id for entry in was.cards} <= {entry.card.id for entry in now.cards}
    assert len(now.cards) == len({entry.card.id for entry in now.cards})
    assert {entry.card.id: entry.outcome for entry in now.cards}[_history(was)] == "accepted"


def _history(contact: DeskContact) -> str:
    return next(entry.card.id for entry in contact.cards if entry.card.kind == CardKind.HISTORY)


async def _queue_kept_its_order(cast: Cast, queued: Caller, in_menu: Caller) -> None:
    """The agent, busy all the time, was offered nobody; then she gets the others one by one, the first one first."""
    third = contact_of(cast, in_menu.number)
    assert not happened(cast, contact_of(cast, queued.number), AgentOffered)
    cast.customer.order("hang_up")
    for who in (queued, in_menu):
        cast.agent.order("answer")
        await _event(cast, who.number, ContactAnswered, f"{who.number} to be connected")
        if who is queued:
            assert not happened(cast, third, AgentOffered)
        who.puppet.order("hang_up")
        await _event(cast, who.number, ContactEnded, f"{who.number} to end")
    ends = [happened(cast, contact_of(cast, number), ContactEnded) for number in (DEMO_NUMBER, QUEUED, IN_MENU)]
    assert [[getattr(e.event, "reason", "") for e in end] for end in ends] == [["completed"]] * 3
