"""A contact that we begin, in the pure core."""

from __future__ import annotations

import pytest

from ivr.contact_core import ContactCore
from ivr.contact_effects import ContactEffect, DialLeg, Finish, HangUpLeg, SetPaths, StartListening
from ivr.contacts import AgentUnreachable, ContactAnswered, ContactEnded, ContactOffered, ContactSnapshot, PromptStarted
from ivr.controls import HoldCustomer
from ivr.effects import PlayPrompts, Prompt, StartTimer
from ivr.outbound import CallCustomer, CustomerReached, CustomerUnreached, RecordingAnnounced
from tests.ivr.rehearsal import FLOW, INVITE, of, published
from voice.commands import Reply
from voice.hearing import PROMPTS
from voice.phone import AudioPath, LegConnected, LegDisconnected, PhoneEvent

NUMBER = "+12025550142"
ORDER = CallCustomer(
    NUMBER, f"sip:{NUMBER}@callfloor", "anna", "sip:anna@callfloor", "lease-1", "billing", 7, 900.0, ring_s=30.0
)
NOTICE = Prompt("This call is recorded.", "notice")
AGENT, CUSTOMER = "leg:agent-1", "leg:caller-2"


class Calling:
    def __init__(self, notice: Prompt | None = NOTICE) -> None:
        self.core = ContactCore("c1", "w1", FLOW, notice=notice)
        self.now = 1000.0
        reply, self.begun = self.core.command(ORDER, self.now)
        assert reply.ok

    def phone(self, event: PhoneEvent) -> tuple[ContactEffect, ...]:
        self.now += 2
        return self.core.phone_event(event, self.now)

    def reached(self) -> tuple[ContactEffect, ...]:
        self.phone(LegConnected("agent-1", "PCMU"))
        return self.phone(LegConnected("caller-2", "PCMU"))


def paths(effects: tuple[ContactEffect, ...]) -> frozenset[AudioPath]:
    return of(SetPaths, effects)[-1].paths


def test_the_agent_is_rung_first_and_hears_the_customers_telephone_ring() -> None:
    calling = Calling()
    (offered,) = of(ContactOffered, published(calling.begun))
    assert (offered.caller, offered.direction) == (NUMBER, "outbound")
    assert [dialled.address for dialled in of(DialLeg, calling.begun)] == ["sip:anna@callfloor"]
    (told,) = of(ContactSnapshot, published(calling.begun))
    assert (told.phase, told.agent, told.queue, told.queued_at) == ("ringing", "anna", "billing", 900.0)
    assert calling.core.command(ORDER, calling.now) == (Reply(True), ())
    effects = calling.phone(LegConnected("agent-1", "PCMU"))
    assert of(ContactAnswered, published(effects)) == [ContactAnswered("anna", "lease-1", 2.0)]
    assert [dialled.address for dialled in of(DialLeg, effects)] == [ORDER.address]
    assert paths(effects) == {AudioPath("ringback", AGENT)}
    assert not of(StartListening, effects)


def test_the_customer_hears_the_notice_before_anything_is_recorded() -> None:
    calling = Calling()
    effects = calling.reached()
    assert of(CustomerReached, published(effects))
    (notice,) = of(PlayPrompts, effects)
    assert notice.prompts == (NOTICE,)
    assert [said.text for said in of(PromptStarted, published(effects))] == [NOTICE.text]
    assert paths(effects) == {AudioPath(PROMPTS, CUSTOMER)}
    effects = calling.core.prompt_finished(notice.token, calling.now)
    assert published(effects) == [RecordingAnnounced()]
    assert of(StartListening, effects) == [StartListening()]
    assert {AudioPath(AGENT, CUSTOMER), AudioPath(CUSTOMER, AGENT)} <= paths(effects)
    assert calling.core.command(HoldCustomer("anna", True), calling.now)[0].ok


def test_without_a_notice_they_talk_unrecorded() -> None:
    effects = Calling(None).reached()
    assert paths(effects) == {AudioPath(AGENT, CUSTOMER), AudioPath(CUSTOMER, AGENT)}
    assert not of(StartListening, effects)


@pytest.mark.parametrize(("who", "by"), [("caller-2", "caller"), ("agent-1", "agent")])
def test_whoever_hangs_up_ends_it(who: str, by: str) -> None:
    calling = Calling()
    (notice,) = of(PlayPrompts, calling.reached())
    calling.core.prompt_finished(notice.token, calling.now)
    effects = calling.phone(LegDisconnected(who, 200, "OK"))
    (ended,) = of(ContactEnded, published(effects))
    assert (ended.reason, ended.ended_by) == ("completed", by)
    (other,) = of(HangUpLeg, effects)
    assert of(Finish, calling.phone(LegDisconnected(other.leg_id, 200, "OK")))


def test_a_customer_who_does_not_answer_frees_the_agent() -> None:
    calling = Calling()
    (timer,) = of(StartTimer, calling.phone(LegConnected("agent-1", "PCMU")))
    assert timer.seconds == 30.0
    assert of(HangUpLeg, calling.core.timer_fired(timer.name, timer.token, calling.now)) == [HangUpLeg("caller-2")]
    effects = calling.phone(LegDisconnected("caller-2", 487, "Request Terminated"))
    assert of(CustomerUnreached, published(effects)) == [CustomerUnreached(487, "Request Terminated")]
    assert [event.reason for event in of(ContactEnded, published(effects))] == ["unreached"]
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]


def test_an_agent_who_does_not_answer_spares_the_customer() -> None:
    calling = Calling()
    effects = calling.phone(LegDisconnected("agent-1", 480, "Temporarily Unavailable"))
    assert [event.code for event in of(AgentUnreachable, published(effects))] == [480]
    assert [event.reason for event in of(ContactEnded, published(effects))] == ["failed"]
    assert not of(DialLeg, effects)
    assert of(Finish, effects)


def test_an_invite_that_comes_to_a_claimed_worker_is_busy() -> None:
    assert of(HangUpLeg, Calling().phone(INVITE)) == [HangUpLeg("in", 486)]
    core = ContactCore("c2", "w2", FLOW)
    core.phone_event(INVITE, 1.0)
    assert core.command(ORDER, 1.0)[0].reason == "this worker has its contact"
