from __future__ import annotations

from pathlib import Path

import pytest

from ivr import effects as flow
from ivr.contact_commands import ConnectAgent, EndContact, LeaveQueue, TellPlace
from ivr.contact_effects import AnswerLeg, DialLeg, Finish, HangUpLeg, SetPaths, StartListening, agent_headers
from ivr.contacts import (
    AgentOffered,
    AgentUnreachable,
    CallbackRequested,
    ChoiceMade,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    MessageTaken,
    PromptStarted,
    SurveyAnswered,
)
from ivr.schema import load_flow
from tests.ivr.rehearsal import ANNA, FLOW, INVITE, Contact, finish_prompts, of, published
from voice.commands import Reply
from voice.events import DigitReceived, LegEnded
from voice.hearing import PROMPTS
from voice.phone import AudioPath, IncomingLeg, LegConnected, LegDigit, LegDisconnected, LegProgressed


def test_an_invite_is_offered_answered_and_greeted() -> None:
    contact = Contact()
    effects = contact.phone(INVITE)
    assert published(effects) == [ContactOffered("w1", "+12025550142", "100", "demo", FLOW.version)]
    assert of(AnswerLeg, effects) == [AnswerLeg("in")]
    effects = contact.phone(LegConnected("in", "PCMU"))
    (said,) = of(PromptStarted, published(effects))
    assert "Kestrel Broadband" in said.text
    assert of(SetPaths, effects)[-1].paths == {AudioPath(PROMPTS, "leg:in")}


def test_the_menus_digit_leads_into_the_queue() -> None:
    contact = Contact().answered()
    effects = contact.phone(LegDigit("in", "1"))
    assert published(effects)[0] == DigitReceived("in", "1")
    assert of(ChoiceMade, published(effects)) == [ChoiceMade("menu", "1", "digits")]
    assert of(ContactQueued, published(effects)) == [ContactQueued("billing", 5, contact.now)]
    assert contact.core.snapshot.phase == "queued"


def test_a_digit_outside_an_unmasked_gather_is_published_masked() -> None:
    contact = Contact().talking()
    assert of(DigitReceived, published(contact.phone(LegDigit("in", "7")))) == [DigitReceived("in", "*")]
    assert published(contact.phone(LegDigit("agent-1", "7"))) == []


def test_an_agent_is_rung_with_the_contacts_id_and_connected() -> None:
    contact = Contact().queued()
    reply, effects = contact.core.command(ANNA, contact.now)
    assert reply.ok
    assert of(DialLeg, effects) == [DialLeg("agent-1", "sip:anna@callfloor", agent_headers("c1"))]
    assert published(effects) == [AgentOffered("anna", "lease-1")]
    contact.phone(LegProgressed("agent-1", 180))
    contact.now += 4
    effects = contact.phone(LegConnected("agent-1", "PCMU"))
    assert of(ContactAnswered, published(effects)) == [ContactAnswered("anna", "lease-1", 4.0)]
    assert len(of(StartListening, effects)) == 1
    assert {AudioPath("leg:in", "leg:agent-1"), AudioPath("leg:agent-1", "leg:in")} <= of(SetPaths, effects)[-1].paths
    assert of(flow.StopPrompts, effects)
    assert not any(path.source == PROMPTS for path in of(SetPaths, effects)[-1].paths)
    assert contact.core.snapshot.phase == "talking"


def test_the_same_reservation_twice_rings_once() -> None:
    contact = Contact().ringing()
    assert contact.core.command(ANNA, contact.now) == (Reply(True), ())
    contact.phone(LegConnected("agent-1", "PCMU"))
    assert contact.core.command(ANNA, contact.now) == (Reply(True), ())


def test_of_several_stations_that_ring_the_first_to_answer_has_the_contact() -> None:
    contact = Contact().ringing()
    for name in ("ben", "eve"):
        reply, _ = contact.core.command(ConnectAgent(name, f"sip:{name}@callfloor", f"lease-{name}"), contact.now)
        assert reply.ok
    reply, effects = contact.core.command(ConnectAgent("joe", "sip:joe@callfloor", "lease-joe"), contact.now)
    assert (reply.ok, effects) == (False, ()), "one customer and three stations are all a SIP stack takes"
    effects = contact.phone(LegDisconnected("agent-3", 486, "Busy Here"))
    assert of(AgentUnreachable, published(effects)) == [AgentUnreachable("eve", "lease-eve", 486, "Busy Here")]
    assert contact.core.snapshot.phase == "ringing"
    effects = contact.phone(LegConnected("agent-2", "PCMU"))
    assert of(ContactAnswered, published(effects)) == [ContactAnswered("ben", "lease-ben", 0.0)]
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert (contact.core.snapshot.agent, contact.core.snapshot.lease_id) == ("ben", "lease-ben")
    assert of(SetPaths, effects)[-1].paths >= {AudioPath("leg:in", "leg:agent-2"), AudioPath("leg:agent-2", "leg:in")}
    late = contact.phone(LegConnected("agent-1", "PCMU"))
    assert not of(ContactAnswered, published(late))
    gone = published(contact.phone(LegDisconnected("agent-1", 487, "")))
    assert not of(AgentUnreachable, gone), "her silence is no fault of hers"
    assert contact.core.snapshot.phase == "talking"


def test_a_contact_still_in_its_menu_takes_no_agent() -> None:
    contact = Contact().answered()
    reply, _ = contact.core.command(ANNA, contact.now)
    assert not reply.ok


def test_nobody_answers_and_the_contact_waits_again() -> None:
    contact = Contact().queued()
    (timer,) = (e for e in of(flow.StartTimer, contact.core.command(ANNA, contact.now)[1]) if e.name == "ring agent-1")
    assert timer.seconds == ANNA.ring_s
    assert of(HangUpLeg, contact.core.timer_fired(timer.name, timer.token, contact.now)) == [HangUpLeg("agent-1")]
    effects = contact.phone(LegDisconnected("agent-1", 487, "Request Terminated"))
    assert of(AgentUnreachable, published(effects)) == [AgentUnreachable("anna", "lease-1", 487, "Request Terminated")]
    assert contact.core.snapshot.phase == "queued"
    reply, effects = contact.core.command(ConnectAgent("ben", "sip:ben@callfloor", "lease-2"), contact.now)
    assert reply.ok
    assert of(DialLeg, effects)[0].leg_id == "agent-2"


@pytest.mark.parametrize(
    ("stage", "reason"),
    [("answered", "self_service"), ("queued", "abandoned"), ("ringing", "abandoned"), ("talking", "completed")],
)
def test_the_caller_hangs_up(stage: str, reason: str) -> None:
    contact = getattr(Contact(), stage)()
    contact.now += 10
    effects = contact.phone(LegDisconnected("in", 200, "OK"))
    (ended,) = of(ContactEnded, published(effects))
    assert (ended.reason, ended.ended_by, ended.duration_s) == (reason, "caller", 10.0)
    assert ended.talk_s == (10.0 if stage == "talking" else 0.0)
    if stage in ("ringing", "talking"):
        assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
        assert not of(Finish, effects)
        effects = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert of(Finish, effects)
    assert not contact.core.running


def test_the_agent_hangs_up_and_the_customer_is_released() -> None:
    contact = Contact().talking()
    effects = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert of(LegEnded, published(effects)) == [LegEnded("agent-1", "agent", 200, "OK")]
    (ended,) = of(ContactEnded, published(effects))
    assert (ended.reason, ended.ended_by) == ("completed", "agent")
    assert of(HangUpLeg, effects) == [HangUpLeg("in")]
    assert of(Finish, contact.phone(LegDisconnected("in", 200, "OK")))


def test_an_answer_that_crosses_our_hang_up_comes_too_late() -> None:
    contact = Contact().ringing()
    assert of(HangUpLeg, contact.core.timer_fired("ring agent-1", 0, contact.now)) == [HangUpLeg("agent-1")]
    crossed = contact.phone(LegConnected("agent-1", "PCMU"))
    assert of(StartListening, crossed) == []
    assert of(ContactAnswered, published(crossed)) == []
    gone = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert of(AgentUnreachable, published(gone)) == [AgentUnreachable("anna", "lease-1", 200, "OK")]
    assert of(ContactEnded, published(gone)) == []
    assert contact.core.snapshot.phase == "queued"
    assert contact.core.command(ANNA, contact.now)[0].ok


def test_an_agent_who_answers_as_the_caller_leaves_is_not_listened_to() -> None:
    contact = Contact().ringing()
    assert of(ContactEnded, published(contact.phone(LegDisconnected("in", 0, ""))))
    crossed = contact.phone(LegConnected("agent-1", "PCMU"))
    assert of(StartListening, crossed) == []
    assert of(ContactAnswered, published(crossed)) == []
    assert of(Finish, contact.phone(LegDisconnected("agent-1", 0, ""))) == [Finish()]


def test_a_caller_who_stays_after_the_agent_frees_the_agent(tmp_path: Path) -> None:
    file = tmp_path / "stay.yaml"
    file.write_text(
        "flow: stay\nlanguage: en\nvoice: slt\nstart: first\nnodes:\n"
        "  first: {verb: enqueue, queue: billing, next: second}\n"
        "  second: {verb: enqueue, queue: support}\n"
    )
    contact = Contact(load_flow(file))
    contact.answered()
    assert contact.core.command(ANNA, contact.now)[0].ok
    contact.phone(LegConnected("agent-1", "PCMU"))
    left = published(contact.phone(LegDisconnected("agent-1", 0, "")))
    (snapshot,) = of(ContactSnapshot, left)
    assert (snapshot.phase, snapshot.queue, snapshot.agent, snapshot.lease_id) == ("queued", "support", "", "")
    assert of(ContactEnded, left) == []


def test_a_contact_can_be_ended_by_command_and_ends_once() -> None:
    contact = Contact().talking()
    reply, effects = contact.core.command(EndContact("supervisor"), contact.now)
    assert reply.ok
    assert {effect.leg_id for effect in of(HangUpLeg, effects)} == {"in", "agent-1"}
    effects = contact.phone(LegDisconnected("in", 200, "OK"))
    assert of(ContactEnded, published(effects)) == []


def test_a_second_invite_is_busy() -> None:
    contact = Contact().answered()
    second = IncomingLeg("in-2", "other", INVITE.from_uri, "", INVITE.to_uri, {})
    assert contact.phone(second) == (HangUpLeg("in-2", 486),)


LEAVING = """
flow: leaving
speech: false
start: first
nodes:
  first: {verb: enqueue, queue: billing, announcePosition: true, choices: {"1": bye}, empty: bye}
  bye: {verb: pause, length: 5, next: over}
  over: {verb: hangup}
"""


def leaving(tmp_path: Path) -> Contact:
    file = tmp_path / "leaving.yaml"
    file.write_text(LEAVING)
    return Contact(load_flow(file)).answered()


def test_place_is_asked_for_and_told(tmp_path: Path) -> None:
    contact = leaving(tmp_path)
    told = contact.core.command(TellPlace(1, None, None), contact.now)
    assert told == (Reply(True), ()), "it had not been asked for"


def test_a_caller_who_leaves_the_queue_frees_the_station_that_rings(tmp_path: Path) -> None:
    contact = leaving(tmp_path)
    assert contact.core.command(ANNA, contact.now)[0].ok
    effects = contact.phone(LegDigit("in", "1"))
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert [event.phase for event in of(ContactSnapshot, published(effects))] == ["flow"]
    late = published(contact.phone(LegDisconnected("agent-1", 487, "")))
    assert not of(AgentUnreachable, late)
    assert contact.core.snapshot.phase == "flow"


def test_a_queue_without_agents_sends_the_caller_on(tmp_path: Path) -> None:
    contact = leaving(tmp_path)
    _, effects = contact.core.command(LeaveQueue("empty"), contact.now)
    assert [event.phase for event in of(ContactSnapshot, published(effects))] == ["flow"]
    assert contact.core.command(LeaveQueue("empty"), contact.now) == (Reply(True), ())


MESSAGES = """
flow: messages
speech: false
start: first
nodes:
  first: {verb: enqueue, queue: billing, priority: 7, choices: {"1": promise, "2": mail}}
  promise: {verb: callback, queue: billing, next: bye, failed: bye}
  mail: {verb: record, say: Speak., next: score}
  score: {verb: survey, kind: csat, say: Score., next: bye}
  bye: {verb: hangup}
"""


def messages(tmp_path: Path) -> Contact:
    file = tmp_path / "messages.yaml"
    file.write_text(MESSAGES)
    return Contact(load_flow(file)).answered()


def test_a_call_back_keeps_the_place_and_is_no_abandon(tmp_path: Path) -> None:
    contact = messages(tmp_path)
    contact.now += 90
    found = published(contact.phone(LegDigit("in", "1")))
    assert of(CallbackRequested, found) == [CallbackRequested("+12025550142", "billing", 7, 1000.0)]
    (ended,) = of(ContactEnded, found)
    assert (ended.reason, ended.ended_by) == ("callback", "flow")


def test_a_message_is_listened_to_and_marked(tmp_path: Path) -> None:
    contact = messages(tmp_path)
    effects = finish_prompts(contact, contact.phone(LegDigit("in", "2")))
    assert of(StartListening, effects) == [StartListening()]
    taps = [path for each in of(SetPaths, effects) for path in each.paths]
    assert AudioPath("leg:in", "tap:caller") in taps
    contact.now += 12
    assert of(MessageTaken, published(contact.phone(LegDigit("in", "#")))) == [MessageTaken("voicemail", 0.0, 12.0)]
    assert of(SurveyAnswered, published(contact.phone(LegDigit("in", "5")))) == [SurveyAnswered("csat", 5)]


def test_a_message_ends_with_the_call(tmp_path: Path) -> None:
    contact = messages(tmp_path)
    finish_prompts(contact, contact.phone(LegDigit("in", "2")))
    contact.now += 7
    found = published(contact.phone(LegDisconnected("in", 0, "")))
    assert of(MessageTaken, found) == [MessageTaken("voicemail", 0.0, 7.0)]
