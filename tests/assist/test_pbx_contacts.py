"""Contacts that only a station knows: their events, and the floor that pops the screen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from assist.api.ports import (
    CallCommand,
    CancelConsult,
    CompleteTransfer,
    Conference,
    ConsultWith,
    Hold,
    PressKeys,
    StationLine,
    StationReport,
    SwapParties,
    Transfer,
)
from assist.cards import CardShown
from assist.content import Content
from assist.pbx_contacts import PBX, PbxContacts, at_station
from assist.store.seed import DEMO_NUMBER
from ivr.contacts import AgentOffered, ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from tests.assist.dialogue import final
from tests.assist.test_floor import Link, house
from voice.events import Event

ALONE = StationReport(registered=True, pbx=True)
TALKING = replace(
    ALONE, phase="in_call", leg_id="in-1", contact_id="p1", lines=(StationLine("in-1", "p1", DEMO_NUMBER, 0),)
)


def test_a_captured_call_is_a_contact_from_its_answer_to_its_end() -> None:
    contacts = PbxContacts("anna")
    assert contacts.reported([], 1000.0) == []
    first, second = StationLine("in-1", "p1", "200", 0), StationLine("in-2", "p2", "201", 0)
    assert contacts.reported([first], 1010.0) == [
        ("p1", ContactOffered(PBX, "200", "", PBX, "")),
        ("p1", AgentOffered("anna", PBX)),
        ("p1", ContactAnswered("anna", PBX, 0.0)),
    ]
    assert contacts.reported([first, StationLine("in-3", "", "300", -1)], 1020.0) == []
    ended = contacts.reported([second], 1040.0)
    assert [event for contact_id, event in ended if contact_id == "p1"] == [
        ContactEnded("completed", "caller", 30.0, 30.0),
        ContactClosed("", 0.0, 0.0, 0.0, 0.0),
    ]
    assert [contact_id for contact_id, _ in ended] == ["p1", "p1", "p2", "p2", "p2"]


def test_hold_and_consultation_are_told_as_the_station_has_them() -> None:
    contacts, agent = PbxContacts("anna"), "anna"
    talking = StationLine("in-1", "p1", "200", 0, phase="in_call")
    held = replace(talking, phase="held")
    ben = StationLine("out-1", "", "201", -1, phase="dialling", caller="ben", consult=True)
    answered = replace(ben, phase="in_call")
    contacts.reported([talking], 1000.0)

    def told(*lines: StationLine) -> list[Event]:
        return [event for _, event in contacts.reported(lines, 1010.0)]

    assert told(held) == [HoldChanged(agent, True)]
    assert told(held) == []
    assert told(held, ben) == [ConsultStarted(agent, "number", "ben", "")]
    assert told(held, answered) == [ConsultAnswered(agent, "ben")]
    joined = (replace(talking, joined=True), replace(answered, joined=True))
    assert told(*joined) == [ConferenceStarted(agent, "ben"), HoldChanged(agent, False)]
    assert told(talking) == [ConsultEnded(agent, "number", "ben", "left")]


@pytest.mark.parametrize(
    ("command", "order"),
    [
        (Hold(True), ("hold", "")),
        (Hold(False), ("resume", "")),
        (SwapParties(), ("swap", "")),
        (CancelConsult(), ("hang_up", "")),
        (Conference(), ("conference", "")),
        (CompleteTransfer(), ("complete", "")),
        (PressKeys("1#"), ("digits", "1#")),
        (ConsultWith("agent", "ben"), ("consult", "ben")),
        (Transfer("number", "200"), ("transfer", "200")),
    ],
)
def test_controls_are_done_by_the_station(command: CallCommand, order: tuple[str, str]) -> None:
    assert at_station(command) == order


def test_the_screen_pops_and_cards_follow_though_no_worker_has_the_call(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            link = Link()
            built.floor.station_connected("anna", ALONE, link)
            assert built.desk().agent.state == "NOT_READY"  # the queue has nobody to offer calls to
            built.floor.station_reported("anna", TALKING)
            assert (await built.told(CardShown)).data["card"]["kind"] == "history"
            contact = built.desk().contact
            assert contact is not None
            assert (contact.id, contact.phase, contact.lookup) == ("p1", "talking", "found")
            built.bus.publish(final("u1", "caller", "i was charged twice on my last bill", 9.0), contact_id="p1")
            assert (await built.told(CardShown)).data["card"]["kind"] == "next_step"
            assert (await built.floor.command("anna", Hold(True))).ok
            assert (await built.floor.command("anna", Transfer("number", "200"))).ok
            assert (link.verbs, link.arguments) == (["hold", "transfer"], ["", "200"])
            line = replace(TALKING.lines[0], phase="held")
            built.floor.station_reported("anna", replace(TALKING, phase="held", lines=(line,)))
            assert (await built.told(HoldChanged)).data["held"] is True
            assert (await built.floor.command("anna", Hold(False))).ok
            assert link.verbs[-1] == "resume"
            built.floor.station_reported("anna", ALONE)
            assert (await built.kept("p1")).agent == "anna"

    asyncio.run(main())


def test_a_floor_that_starts_again_does_not_begin_the_contact_anew(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            built.floor.station_connected("anna", TALKING, Link())
            await built.told(CardShown)
            await built.settled()
            await built.restart()
            built.floor.station_connected("anna", TALKING, Link())
            await built.settled()
            types = [wire["type"] for wire in await built.store.events_of("p1")]
            assert types.count("contact.offered") == 1
            built.floor.station_reported("anna", ALONE)
            await built.kept("p1")

    asyncio.run(main())
