"""The flow's dial and transfer, in the contact's core."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.contact_commands import ConnectAgent
from ivr.contact_effects import ContactEffect, DialLeg, HangUpLeg, SetPaths
from ivr.contacts import AgentUnreachable, ContactAnswered, ContactEnded, ContactSnapshot, PromptStarted
from ivr.controls import AgentRefused, AgentWanted, HoldCustomer
from ivr.effects import StartTimer
from ivr.schema import load_flow
from tests.ivr.rehearsal import INVITE, Contact, of, published
from voice.phone import AudioPath, LegConnected, LegDisconnected

FLOW = """
flow: outward
start: ring
nodes:
  ring: {verb: dial, %s, timeout: 20, timeLimit: 600, next: after, failed: sorry}
  after: {verb: pause, length: 5, next: over}
  sorry: {verb: pause, length: 9, next: over}
  over: {verb: hangup}
"""
EVE = ConnectAgent("eve", "sip:eve@callfloor", "lease-e")


def dialling(directory: Path, whom: str) -> tuple[Contact, tuple[ContactEffect, ...]]:
    file = directory / "outward.yaml"
    file.write_text(FLOW % whom)
    contact = Contact(load_flow(file))
    contact.phone(INVITE)
    return contact, contact.phone(LegConnected("in", "PCMU"))


def node(contact: Contact, effects: tuple[ContactEffect, ...]) -> str:
    """Where the flow is: each of its pauses has a length of its own."""
    (timer,) = (effect for effect in of(StartTimer, effects) if effect.name == "pause")
    return {5.0: "after", 9.0: "sorry"}[timer.seconds]


def test_an_outside_number_is_dialled_and_talks_with_the_caller_unrecorded(tmp_path: Path) -> None:
    contact, effects = dialling(tmp_path, 'number: "+12025550100"')
    (dialled,) = of(DialLeg, effects)
    assert (dialled.address, dialled.headers) == ("sip:+12025550100@callfloor", {})
    assert of(PromptStarted, published(effects)), "something to hear while it rings"
    effects = contact.phone(LegConnected(dialled.leg_id, "PCMU"))
    there, here = f"leg:{dialled.leg_id}", "leg:in"
    assert of(SetPaths, effects)[-1].paths == {AudioPath(there, here), AudioPath(here, there)}
    assert contact.core.snapshot.phase == "outside"
    effects = contact.phone(LegDisconnected(dialled.leg_id, 200, "OK"))
    assert node(contact, effects) == "after"
    assert contact.core.snapshot.phase == "flow"


@pytest.mark.parametrize("reason", ["Busy Here", ""])
def test_a_number_that_does_not_answer_leads_on(tmp_path: Path, reason: str) -> None:
    contact, effects = dialling(tmp_path, 'number: "+12025550100"')
    (timer,) = of(StartTimer, effects)
    (given_up,) = of(HangUpLeg, contact.core.timer_fired(timer.name, timer.token, contact.now))
    assert node(contact, contact.phone(LegDisconnected(given_up.leg_id, 487, reason))) == "sorry"


def test_a_talk_with_a_limit_is_ended(tmp_path: Path) -> None:
    contact, effects = dialling(tmp_path, 'number: "+12025550100"')
    (dialled,) = of(DialLeg, effects)
    (limit,) = of(StartTimer, contact.phone(LegConnected(dialled.leg_id, "PCMU")))
    assert limit.seconds == 600.0
    assert of(HangUpLeg, contact.core.timer_fired(limit.name, limit.token, contact.now)) == [HangUpLeg(dialled.leg_id)]


def test_the_floor_is_asked_for_an_agent_who_then_has_the_contact_like_any_other(tmp_path: Path) -> None:
    contact, effects = dialling(tmp_path, "agent: eve")
    assert of(AgentWanted, published(effects)) == [AgentWanted("eve", 20.0)]
    assert not of(DialLeg, effects)
    contact.now += 3
    assert contact.core.command(EVE, contact.now)[0].ok
    effects = contact.phone(LegConnected("agent-1", "PCMU"))
    assert of(ContactAnswered, published(effects)) == [ContactAnswered("eve", "lease-e", 3.0)]
    assert contact.core.command(HoldCustomer("eve", True), contact.now)[0].ok
    effects = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert node(contact, effects) == "after"
    assert [seen.phase for seen in of(ContactSnapshot, published(effects))] == ["flow"], "she is free"


def test_an_agent_who_cannot_be_had_leads_on_at_once_or_in_time(tmp_path: Path) -> None:
    contact, _ = dialling(tmp_path, "agent: eve")
    assert contact.core.command(AgentRefused("ben", "busy"), contact.now)[1] == ()
    _, effects = contact.core.command(AgentRefused("eve", "busy"), contact.now)
    assert node(contact, effects) == "sorry"
    assert not contact.core.command(EVE, contact.now)[0].ok, "too late"
    contact, effects = dialling(tmp_path, "agent: eve")
    (timer,) = (effect for effect in of(StartTimer, effects))
    assert node(contact, contact.core.timer_fired(timer.name, timer.token, contact.now)) == "sorry"


def test_an_agent_who_does_not_answer_leads_on(tmp_path: Path) -> None:
    contact, _ = dialling(tmp_path, "agent: eve")
    assert contact.core.command(EVE, contact.now)[0].ok
    effects = contact.phone(LegDisconnected("agent-1", 480, "Temporarily Unavailable"))
    assert node(contact, effects) == "sorry"
    assert [event.code for event in of(AgentUnreachable, published(effects))] == [480]
    assert contact.core.snapshot.phase == "flow"


def test_the_caller_leaves_while_it_rings(tmp_path: Path) -> None:
    contact, effects = dialling(tmp_path, 'number: "+12025550100"')
    (dialled,) = of(DialLeg, effects)
    effects = contact.phone(LegDisconnected("in", 200, "OK"))
    assert of(HangUpLeg, effects) == [HangUpLeg(dialled.leg_id)]
    assert [event.reason for event in of(ContactEnded, published(effects))] == ["self_service"]
    assert not of(ContactEnded, published(contact.phone(LegDisconnected(dialled.leg_id, 487, ""))))
