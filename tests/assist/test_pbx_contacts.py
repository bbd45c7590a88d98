"""Contacts that only a station knows: their events, and the floor that pops the screen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from assist import pbx_stations
from assist.alert_rules import load_alert_rules
from assist.alerts import AlertRaised
from assist.api.commands import (
    CallCommand,
    CancelConsult,
    CompleteTransfer,
    Conference,
    ConsultWith,
    Hold,
    LeaveContact,
    PressKeys,
    SuperviseAs,
    SuperviseContact,
    SwapParties,
    Transfer,
)
from assist.api.ports import StationLine, StationReport
from assist.cards import CardShown
from assist.coaching import SupervisionNotice
from assist.content import Content
from assist.desk_events import ContactAssigned, ContactReleased
from assist.pbx_contacts import PBX, PbxContacts, at_station
from assist.store.seed import DEMO_NUMBER
from assist.store.users import Audit
from assist.supervisors import Oversight
from ivr.contacts import AgentOffered, ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from ivr.supervision import SupervisionEnded, SupervisionFailed, SupervisionModeChanged, SupervisionStarted
from tests.assist.dialogue import final
from tests.assist.test_floor import Link, house
from tests.assist.test_supervisors import staffed
from transcription.utterances import UtteranceFinal
from voice.calls import Role
from voice.events import Event, QualityMeasured
from voice.hearing import Mode
from voice.station_contacts import Kept, LineQuality, PastCall, SuperviseOrder, SupervisorLine, VisitPhase

TALKING_QUALITY = LineQuality(1, 2.5, 4.2, 250, 0.2, 9.0, 40.0)
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
    ended = contacts.reported([second], 1040.0, (PastCall("p1", 29.5, "caller"),))
    assert [event for contact_id, event in ended if contact_id == "p1"] == [
        ContactEnded("completed", "caller", 29.5, 29.5)
    ]
    assert [contact_id for contact_id, _ in ended] == ["p1", "p2", "p2", "p2"]
    kept = PastCall("p1", 29.5, "caller", Kept("p1.cfr", 28.0, 1.5))
    assert contacts.reported([second], 1042.0, (kept,)) == [("p1", ContactClosed("p1.cfr", 28.0, 1.5, 0.0, 0.0))]
    assert contacts.reported([second], 1043.0, (kept,)) == []


def test_a_station_that_was_started_again_knows_nothing_of_the_end() -> None:
    contacts = PbxContacts("anna")
    contacts.reported([StationLine("in-1", "p1", "200", 0)], 1000.0)
    assert contacts.reported([], 1030.0) == [
        ("p1", ContactEnded("completed", "system", 30.0, 30.0)),
        ("p1", ContactClosed("", 0.0, 0.0, 0.0, 0.0)),
    ]


def test_each_measurement_is_told_once() -> None:
    contacts = PbxContacts("anna")
    line = StationLine("in-1", "p1", "200", 0, quality=LineQuality(1, 3.1, 4.2, 250, 0.02, 9.0, 40.0))
    told = contacts.reported([line], 1000.0)[-1]
    assert told == ("p1", QualityMeasured("in-1", "caller", 3.1, 4.2, 250, 0.02, 9.0, 40.0))
    assert contacts.reported([line], 1001.0) == []
    again = replace(line, quality=replace(TALKING_QUALITY, number=2))
    assert len(contacts.reported([again], 1005.0)) == 1


def test_the_supervisor_as_the_station_tells_of_her() -> None:
    contacts = PbxContacts("anna")
    line = StationLine("in-1", "p1", "200", 0)
    contacts.reported([line], 1000.0)
    dialled = SupervisorLine("out-1", "sara", "p1")

    def told(her: SupervisorLine, at: float = 1010.0) -> list[Event]:
        found = contacts.reported([line], at, (), her)
        assert {contact_id for contact_id, _ in found} <= {"p1"}
        return [event for _, event in found]

    assert told(dialled) == []
    listens = replace(dialled, phase=VisitPhase.CONNECTED, mode=Mode.LISTEN)
    assert told(listens) == [SupervisionStarted("sara", "anna")]
    barges = replace(listens, mode=Mode.BARGE, by="phone")
    assert told(barges) == [SupervisionModeChanged("sara", "anna", Mode.BARGE, "phone")]
    assert told(barges) == []
    over = replace(barges, phase=VisitPhase.OVER, code=200)
    assert told(over, 1030.0) == [SupervisionEnded("sara", "anna", Mode.BARGE, 20.0)]
    assert told(over) == []
    busy = SupervisorLine("out-2", "sara", "p1", VisitPhase.OVER, code=486, reason="Busy Here")
    assert told(busy) == [], "what was over before it was heard of is not told"
    assert told(replace(busy, leg_id="out-3", phase=VisitPhase.DIALLING)) == []
    assert told(replace(busy, leg_id="out-3")) == [SupervisionFailed("sara", 486, "Busy Here")]


def test_what_the_log_says_is_not_told_again() -> None:
    first, line = PbxContacts("anna"), StationLine("in-1", "p1", "200", 0, phase="held")
    her = SupervisorLine("out-1", "sara", "p1", VisitPhase.CONNECTED, Mode.WHISPER)
    colleague = StationLine("out-2", "", "201", -1, phase="in_call", caller="ben", consult=True)
    log = first.reported([line, colleague], 1000.0, (), her)
    second = PbxContacts("anna")
    for contact_id, event in log:
        second.recalled(contact_id, event, 1000.0)
    assert second.reported([line, colleague], 1010.0, (), her) == []
    assert [event for _, event in second.lapsed(1060.0)] == [
        SupervisionEnded("sara", "anna", Mode.WHISPER, 60.0),
        ContactEnded("completed", "system", 60.0, 60.0),
        ContactClosed("", 0.0, 0.0, 0.0, 0.0),
    ]
    assert not second.open


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


def test_a_call_that_ended_while_no_floor_was_there_is_closed_by_its_station(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            built.floor.station_connected("anna", TALKING, Link())
            await built.told(CardShown)
            await built.restart()
            past = PastCall("p1", 42.0, "agent", Kept("p1.cfr", 40.0))
            built.floor.station_connected("anna", replace(ALONE, past=(past,)), Link())
            await built.kept("p1")
            await built.settled()
            log = {wire["type"]: wire["data"] for wire in await built.store.events_of("p1")}
            assert (log["contact.ended"]["talk_s"], log["contact.ended"]["ended_by"]) == (42.0, "agent")
            assert (log["contact.closed"]["recording"], log["contact.closed"]["recorded_s"]) == ("p1.cfr", 40.0)

    asyncio.run(main())


@pytest.mark.parametrize("again", [False, True])
def test_a_station_that_stays_away_has_its_contacts_closed(
    tmp_path: Path, content: Content, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content) as built:
            built.floor.station_connected("anna", TALKING, Link())
            await built.told(CardShown)
            monkeypatch.setattr(pbx_stations, "LEASE_S", 0.3)
            if again:
                await built.restart()
            else:
                built.floor.station_disconnected("anna")
            await built.kept("p1")
            built.floor.station_connected("anna", TALKING, Link())  # back after all, with the call
            built.floor.station_reported("anna", ALONE)
            await built.settled()
            types = [wire["type"] for wire in await built.store.events_of("p1")]
            assert (types.count("contact.offered"), types.count("contact.ended")) == (1, 1)

    asyncio.run(main())


def test_poor_sound_at_a_pbx_raises_an_alert(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with house(tmp_path / "floor.db", content, oversight=Oversight(rules=load_alert_rules())) as built:
            built.floor.station_connected("anna", TALKING, Link())
            await built.told(CardShown)
            for number in range(1, 6):
                line = replace(TALKING.lines[0], quality=replace(TALKING_QUALITY, number=number))
                built.floor.station_reported("anna", replace(TALKING, lines=(line,)))
            await built.settled()
            assert "mos" in {event.kind for event in built.log_of(AlertRaised) if isinstance(event, AlertRaised)}
            types = [wire["type"] for wire in await built.store.events_of("p1")]
            assert types.count("leg.quality") == 5

    asyncio.run(main())


def test_a_supervisor_is_put_through_by_the_agents_station(tmp_path: Path, content: Content) -> None:
    async def main() -> None:
        async with staffed(tmp_path / "floor.db", content) as built:
            link = Link()
            built.floor.station_connected("anna", TALKING, link)
            await built.told(CardShown)
            her = SupervisorLine("out-1", "sara", "p1", VisitPhase.CONNECTED, Mode.LISTEN)

            def report(line: SupervisorLine) -> None:
                built.floor.station_reported("anna", replace(TALKING, supervision=line))

            assert not (await built.floor.command("tom", SuperviseContact("p1"))).ok, "not of his team"
            assert (await built.floor.command("sara", SuperviseContact("p1"))).ok
            order = SuperviseOrder.parse(link.arguments[-1])
            assert order == SuperviseOrder("sara", "p1", "sara", ((Mode.BARGE, (Role.AGENT,)),))
            report(her)
            assert (await built.told(ContactAssigned, "sara")).data["agent"] == "anna"
            built.bus.publish(final("u1", "caller", "good morning", 9.0), contact_id="p1")
            assert (await built.told(UtteranceFinal, "sara")).data["text"] == "good morning"
            assert (await built.floor.command("sara", SuperviseAs("p1", Mode.WHISPER))).ok
            assert (link.verbs[-1], link.arguments[-1]) == ("supervise_as", "whisper")
            report(replace(her, mode=Mode.WHISPER))
            assert (await built.told(SupervisionNotice)).data["mode"] == "whisper"
            assert (await built.floor.command("sara", LeaveContact("p1"))).ok
            assert link.verbs[-1] == "unsupervise"
            report(replace(her, mode=Mode.WHISPER, phase=VisitPhase.OVER))
            await built.told(ContactReleased, "sara")
            await built.settled()
            audit = await Audit(built.store).entries()
            assert {entry.action for _, entry in audit} >= {"listen_live", "whisper"}

    asyncio.run(main())
