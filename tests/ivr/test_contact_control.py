"""Hold, consult, conference, transfer and the lost station, in the pure core."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr import effects as flow
from ivr.contact_commands import ConnectAgent
from ivr.contact_effects import (
    AnswerReferral,
    ContactEffect,
    DialLeg,
    HangUpLeg,
    PressKeys,
    ProbeLeg,
    SetPaths,
    agent_headers,
)
from ivr.contact_state import RINGBACK
from ivr.contacts import ContactAnswered, ContactEnded, ContactQueued, ContactSnapshot, PromptStarted
from ivr.controls import (
    AgentLost,
    CancelConsult,
    CompleteTransfer,
    Confer,
    ConferenceStarted,
    Consult,
    ConsultAnswered,
    ConsultEnded,
    ConsultStarted,
    ContactTransferred,
    ControlCommand,
    HoldChanged,
    HoldCustomer,
    SendDigits,
    Swap,
    TransferContact,
    TransferFailed,
)
from tests.ivr.rehearsal import ANNA, Contact, of, published
from voice.calls import Leg, LegState, Role
from voice.commands import Reply
from voice.hearing import MUSIC, PROMPTS
from voice.phone import AudioPath, LegConnected, LegDisconnected, LegHoldChanged, LegProgressed, LegReferred

BEN = Consult("anna", "agent", "ben", "sip:ben@callfloor", "lease-b")
SHOP = Consult("anna", "number", "+12025550100", "sip:+12025550100@callfloor")


class Talking(Contact):
    """Anna talks to the customer; Ben or the shop can be brought in."""

    def __init__(self) -> None:
        self.paths: frozenset[AudioPath] = frozenset()
        super().__init__()
        self.talking()

    def ask(self, command: ControlCommand | ConnectAgent, *, ok: bool = True) -> tuple[ContactEffect, ...]:
        reply, effects = self.core.command(command, self.now)
        assert reply.ok is ok, reply.reason
        return self.see(effects)

    def phone(self, event: object) -> tuple[ContactEffect, ...]:
        return self.see(super().phone(event))

    def see(self, effects: tuple[ContactEffect, ...]) -> tuple[ContactEffect, ...]:
        for effect in of(SetPaths, effects):
            self.paths = effect.paths
        return effects

    def second(self, leg_id: str, packets: int, seconds: float = 1.0) -> list[ProbeLeg]:
        """A look at a leg, a second after the last."""
        self.now += seconds
        return of(ProbeLeg, self.see(self.core.leg_heard(leg_id, packets, self.now)))

    def probed(self, leg_id: str, there: bool | None) -> tuple[ContactEffect, ...]:
        return self.see(self.core.leg_probed(leg_id, there, self.now))

    def hears(self, leg: str) -> set[str]:
        return {path.source for path in self.paths if path.sink == f"leg:{leg}"}

    def consulting(self, whom: Consult = BEN) -> str:
        (dialled,) = of(DialLeg, self.ask(whom))
        self.phone(LegProgressed(dialled.leg_id, 180))
        self.phone(LegConnected(dialled.leg_id, "PCMU"))
        return dialled.leg_id


def test_a_held_customer_hears_music_and_is_neither_heard_nor_recorded() -> None:
    contact = Talking()
    assert of(HoldChanged, published(contact.ask(HoldCustomer("anna", True)))) == [HoldChanged("anna", True)]
    assert contact.hears("in") == {MUSIC}
    assert contact.hears("agent-1") == set()
    assert not [path for path in contact.paths if path.sink.startswith("tap:") and path.gain > 0]
    assert contact.core.snapshot.talk == "held"
    assert contact.ask(HoldCustomer("anna", True)) == ()
    assert of(HoldChanged, published(contact.ask(HoldCustomer("anna", False)))) == [HoldChanged("anna", False)]
    assert (contact.hears("in"), contact.hears("agent-1")) == ({"leg:agent-1"}, {"leg:in"})


def test_only_the_agent_who_has_the_contact_controls_it() -> None:
    contact = Talking()
    reply, _ = contact.core.command(HoldCustomer("ben", True), contact.now)
    assert (reply.ok, reply.reason) == (False, "this is not your contact")
    queued = Contact().queued()
    reply, _ = queued.core.command(HoldCustomer("anna", True), queued.now)
    assert (reply.ok, reply.reason) == (False, "the contact is queued, not talking")


def test_a_colleague_is_consulted_while_the_customer_waits() -> None:
    contact = Talking()
    effects = contact.ask(BEN)
    (dialled,) = of(DialLeg, effects)
    assert (dialled.address, dialled.headers) == (BEN.address, agent_headers("c1"))
    assert published(effects) == [ConsultStarted("anna", "agent", "ben", "lease-b"), HoldChanged("anna", True)]
    assert contact.hears("agent-1") == {RINGBACK}
    assert contact.core.snapshot.consulted == "ben"
    assert contact.ask(BEN) == (), "the same consultation again"
    contact.ask(SHOP, ok=False)
    effects = contact.phone(LegConnected(dialled.leg_id, "PCMU"))
    assert of(ConsultAnswered, published(effects)) == [ConsultAnswered("anna", "ben")]
    assert contact.hears("agent-1") == {f"leg:{dialled.leg_id}"}
    assert contact.hears(dialled.leg_id) == {"leg:agent-1"}
    assert contact.hears("in") == {MUSIC}


def test_the_agent_swaps_between_customer_and_colleague() -> None:
    contact = Talking()
    ben = contact.consulting()
    assert of(HoldChanged, published(contact.ask(Swap("anna")))) == [HoldChanged("anna", False)]
    assert (contact.hears("in"), contact.hears(ben)) == ({"leg:agent-1"}, {MUSIC})
    contact.ask(Swap("anna"))
    assert (contact.hears("in"), contact.hears(ben)) == ({MUSIC}, {"leg:agent-1"})


def test_a_conference_is_heard_by_all_three_and_ends_with_the_third() -> None:
    contact = Talking()
    ben = contact.consulting()
    effects = contact.ask(Confer("anna"))
    assert published(effects) == [HoldChanged("anna", False), ConferenceStarted("anna", "ben")]
    assert contact.hears("in") == {"leg:agent-1", f"leg:{ben}"}
    assert contact.hears(ben) == {"leg:agent-1", "leg:in"}
    assert contact.ask(Confer("anna")) == ()
    contact.ask(Swap("anna"), ok=False)
    effects = contact.phone(LegDisconnected(ben, 200, "OK"))
    assert of(ConsultEnded, published(effects)) == [ConsultEnded("anna", "agent", "ben", "left")]
    assert contact.hears("in") == {"leg:agent-1"}


def test_a_warm_transfer_makes_the_colleague_the_agent() -> None:
    contact = Talking()
    ben = contact.consulting()
    effects = contact.ask(CompleteTransfer("anna"))
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert published(effects) == [ContactTransferred("anna", "agent", "ben", True, "lease-b")]
    assert (contact.hears("in"), contact.hears(ben)) == ({f"leg:{ben}"}, {"leg:in"})
    assert AudioPath(f"leg:{ben}", "tap:agent") in contact.paths
    seen = contact.core.snapshot
    assert (seen.phase, seen.agent, seen.lease_id, seen.consulted) == ("talking", "ben", "lease-b", "")
    assert not of(ContactEnded, published(contact.phone(LegDisconnected("agent-1", 200, "OK"))))
    contact.ask(HoldCustomer("ben", True))
    contact.ask(HoldCustomer("ben", False))
    (ended,) = of(ContactEnded, published(contact.phone(LegDisconnected(ben, 200, "OK"))))
    assert (ended.reason, ended.ended_by) == ("completed", "agent")


def test_an_agent_who_hangs_up_while_consulting_has_transferred() -> None:
    contact = Talking()
    ben = contact.consulting()
    effects = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert of(ContactTransferred, published(effects)) == [ContactTransferred("anna", "agent", "ben", True, "lease-b")]
    assert not of(HangUpLeg, effects)
    assert contact.hears(ben) == {"leg:in"}


def test_a_transfer_while_it_rings_is_completed_by_the_answer() -> None:
    contact = Talking()
    (dialled,) = of(DialLeg, contact.ask(BEN))
    effects = contact.ask(CompleteTransfer("anna"))
    assert published(effects) == [ContactTransferred("anna", "agent", "ben", False, "lease-b")]
    assert contact.hears("in") == {MUSIC}
    effects = contact.phone(LegConnected(dialled.leg_id, "PCMU"))
    assert published(effects)[1:] == [ContactTransferred("anna", "agent", "ben", True, "lease-b")]
    assert contact.hears("in") == {f"leg:{dialled.leg_id}"}


def test_a_colleague_who_does_not_answer_leaves_the_customer_on_hold_with_the_agent() -> None:
    contact = Talking()
    effects = contact.ask(BEN)
    (timer,) = of(flow.StartTimer, effects)
    assert of(HangUpLeg, contact.core.timer_fired(timer.name, timer.token, contact.now)) == [HangUpLeg("consult-2")]
    effects = contact.phone(LegDisconnected("consult-2", 487, "Request Terminated"))
    assert of(ConsultEnded, published(effects)) == [ConsultEnded("anna", "agent", "ben", "Request Terminated")]
    assert (contact.hears("in"), contact.hears("agent-1")) == ({MUSIC}, set())
    contact.ask(HoldCustomer("anna", False))
    assert contact.hears("in") == {"leg:agent-1"}


def test_a_cancelled_consultation_returns_to_the_customer() -> None:
    contact = Talking()
    ben = contact.consulting()
    effects = contact.ask(CancelConsult("anna"))
    assert of(HangUpLeg, effects) == [HangUpLeg(ben)]
    assert published(effects) == [ConsultEnded("anna", "agent", "ben", "cancelled"), HoldChanged("anna", False)]
    assert contact.hears("in") == {"leg:agent-1"}
    assert contact.ask(CancelConsult("anna")) == ()
    contact.phone(LegDisconnected(ben, 200, "OK"))
    contact.consulting(SHOP)


@pytest.mark.parametrize("command", [Swap("anna"), Confer("anna"), CompleteTransfer("anna")])
def test_there_must_be_somebody_to_swap_with(command: ControlCommand) -> None:
    contact = Talking()
    contact.ask(command, ok=False)
    contact.ask(BEN)
    if not isinstance(command, CompleteTransfer):
        contact.ask(command, ok=False)


def test_a_blind_transfer_to_a_queue_frees_the_agent_and_keeps_the_place() -> None:
    contact = Talking()
    contact.now += 60
    effects = contact.ask(TransferContact("anna", "queue", "support"))
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert of(ContactTransferred, published(effects)) == [ContactTransferred("anna", "queue", "support", False)]
    assert of(ContactQueued, published(effects)) == [ContactQueued("support", 5, 1000.0, (), 1)]
    assert contact.hears("in") == {PROMPTS}, "the queue's own music"
    contact.phone(LegDisconnected("agent-1", 200, "OK"))
    contact.now += 5
    contact.ask(ConnectAgent("ben", BEN.address, "lease-b"))
    effects = contact.phone(LegConnected("agent-2", "PCMU"))
    assert of(ContactAnswered, published(effects)) == [ContactAnswered("ben", "lease-b", 5.0)]
    assert contact.hears("in") == {"leg:agent-2"}


def test_a_caller_who_gives_up_after_a_transfer_has_abandoned() -> None:
    contact = Talking()
    contact.ask(TransferContact("anna", "queue", "support"))
    (ended,) = of(ContactEnded, published(contact.phone(LegDisconnected("in", 200, "OK"))))
    assert ended.reason == "abandoned"


def test_a_blind_transfer_that_nobody_answers_returns_to_the_agent_first_of_all() -> None:
    contact = Talking()
    effects = contact.ask(TransferContact("anna", "agent", "ben", BEN.address, "lease-b"))
    assert published(effects) == [ContactTransferred("anna", "agent", "ben", False, "lease-b")]
    (dialled,) = of(DialLeg, effects)
    assert contact.hears("in") == {MUSIC}
    reply, _ = contact.core.command(ConnectAgent("eve", "sip:eve@callfloor", "lease-e"), contact.now)
    assert not reply.ok, "it is not queued"
    effects = contact.phone(LegDisconnected(dialled.leg_id, 486, "Busy Here"))
    assert of(TransferFailed, published(effects)) == [TransferFailed("anna", "ben", "Busy Here")]
    assert of(ContactQueued, published(effects)) == [ContactQueued("billing", 9, 1000.0, (), 1, "anna")]
    assert contact.core.snapshot.phase == "queued"


def test_a_transfer_to_an_outside_number_goes_on_without_us_and_unrecorded() -> None:
    contact = Talking()
    effects = contact.ask(TransferContact("anna", "number", SHOP.party, SHOP.address))
    (dialled,) = of(DialLeg, effects)
    assert dialled.headers == {}, "our contact id is nobody's business outside"
    contact.phone(LegConnected(dialled.leg_id, "PCMU"))
    assert (contact.hears("in"), contact.hears(dialled.leg_id)) == ({f"leg:{dialled.leg_id}"}, {"leg:in"})
    assert not [path for path in contact.paths if path.sink.startswith("tap:")]
    assert contact.core.snapshot.phase == "outside"
    contact.phone(LegDisconnected("agent-1", 200, "OK"))
    effects = contact.phone(LegDisconnected(dialled.leg_id, 200, "OK"))
    assert of(HangUpLeg, effects) == [HangUpLeg("in")]
    (ended,) = of(ContactEnded, published(effects))
    assert ended.reason == "completed"


def test_the_customer_leaves_while_a_colleague_is_consulted() -> None:
    contact = Talking()
    ben = contact.consulting()
    effects = contact.phone(LegDisconnected("in", 200, "OK"))
    assert of(ConsultEnded, published(effects)) == [ConsultEnded("anna", "agent", "ben", "customer left")]
    assert {effect.leg_id for effect in of(HangUpLeg, effects)} == {"agent-1", ben}


def test_keys_are_pressed_towards_whoever_the_agent_talks_to() -> None:
    contact = Talking()
    assert of(PressKeys, contact.ask(SendDigits("anna", "12#"))) == [PressKeys("in", "12#")]
    contact.ask(SendDigits("anna", "12x"), ok=False)
    contact.ask(HoldCustomer("anna", True))
    contact.ask(SendDigits("anna", "1"), ok=False)
    shop = contact.consulting(SHOP)
    assert of(PressKeys, contact.ask(SendDigits("anna", "1"))) == [PressKeys(shop, "1")]


def test_a_station_that_neither_speaks_nor_answers_is_given_up_and_the_customer_is_served_first() -> None:
    contact = Talking()
    assert [contact.second("agent-1", packets) for packets in (0, 50, 0)] == [[], [], []]
    assert contact.second("agent-1", 0) == [ProbeLeg("agent-1")]
    contact.consulting()
    contact.now += 1.5
    effects = contact.probed("agent-1", False)
    assert of(AgentLost, published(effects)) == [AgentLost("anna", "lease-1", 3.5)]
    assert {effect.leg_id for effect in of(HangUpLeg, effects)} == {"agent-1", "consult-2"}
    assert of(ContactQueued, published(effects)) == [ContactQueued("billing", 9, 1000.0, (), 1)]
    (said,) = of(PromptStarted, published(effects))
    assert said.text.startswith("We are sorry")
    assert contact.hears("in") == {PROMPTS}
    assert [contact.second("agent-1", 0) for _ in range(3)] == [[], [], []]
    assert not of(ContactEnded, published(contact.phone(LegDisconnected("agent-1", 408, "Request Timeout"))))
    assert contact.core.command(ConnectAgent("ben", BEN.address, "lease-b"), contact.now)[0].ok


def test_a_telephone_that_suppresses_silence_and_answers_keeps_its_customer() -> None:
    contact = Talking()
    asked = 0
    for _ in range(60):
        for probe in contact.second("agent-1", 0):
            asked += 1
            assert not contact.probed(probe.leg_id, True)
    assert asked == 29, "every two seconds, after the first look"


def test_a_telephone_that_cannot_be_asked_is_given_up_after_ten_silent_seconds() -> None:
    contact = Talking()
    lost: list[AgentLost] = []
    while not lost:
        for probe in contact.second("agent-1", 0):
            lost += of(AgentLost, published(contact.probed(probe.leg_id, None)))
    assert lost == [AgentLost("anna", "lease-1", 10.0)]


@pytest.mark.parametrize(("code", "phase"), [(481, "queued"), (408, "queued"), (200, "talking")])
def test_a_station_that_no_longer_knows_the_call_did_not_hang_up(code: int, phase: str) -> None:
    contact = Talking()
    contact.phone(LegDisconnected("agent-1", code, ""))
    assert (contact.core.snapshot.phase == "queued") is (phase == "queued")


def test_a_silent_customer_who_answers_is_asked_more_and_more_rarely() -> None:
    contact = Talking()
    at = []
    for _ in range(120):
        contact.second("agent-1", 50)
        for probe in contact.second("in", 0, seconds=0):
            at.append(contact.now - 1001)
            contact.probed(probe.leg_id, True)
    assert at == [2, 6, 14, 30, 60, 90]
    effects = contact.phone(LegDisconnected("in", 481, "Call/Transaction Does Not Exist"))
    assert [(e.reason, e.ended_by) for e in of(ContactEnded, published(effects))] == [("completed", "caller")]


@pytest.mark.parametrize("there", [False, None])
def test_a_customer_who_neither_speaks_nor_answers_is_gone_after_ten_seconds_of_questions(there: bool | None) -> None:
    contact = Talking()
    contact.second("in", 50)
    effects: tuple[ContactEffect, ...] = ()
    while not effects and contact.now < 1100:
        for probe in contact.second("in", 0):
            effects = contact.probed(probe.leg_id, there)
    if there is None:
        assert not effects, "who takes no questions is left alone"
        return
    assert contact.now - 1001 == 12, "two of silence, and ten"
    assert [(e.reason, e.ended_by) for e in of(ContactEnded, published(effects))] == [("completed", "caller")]
    assert {effect.leg_id for effect in of(HangUpLeg, effects)} == {"in", "agent-1"}
    assert not of(ContactEnded, published(contact.phone(LegDisconnected("in", 408, "Request Timeout"))))


def test_a_customer_who_is_heard_or_answers_between_is_not_gone() -> None:
    contact = Talking()
    for silent in range(60):
        packets = 50 if silent == 11 else 0
        for probe in contact.second("in", packets):
            assert not published(contact.probed(probe.leg_id, silent in (20, 21, 22, 31, 32, 33, 42, 43, 44, 53, 54)))


def test_a_station_that_holds_its_call_may_be_silent_and_the_customer_hears_music() -> None:
    contact = Talking()
    effects = contact.phone(LegHoldChanged("agent-1", False, True))
    assert of(HoldChanged, published(effects)) == [HoldChanged("anna", True)]
    assert contact.hears("in") == {MUSIC}
    assert not [probe for _ in range(20) for probe in contact.second("agent-1", 0)]
    reply, _ = contact.core.command(HoldCustomer("anna", False), contact.now)
    assert reply == Reply(False, "your telephone holds the call: resume it there")
    contact.phone(LegHoldChanged("agent-1", False, False))
    assert contact.hears("in") == {"leg:agent-1"}


def test_a_refer_of_the_agents_telephone_is_a_blind_transfer() -> None:
    contact = Talking()
    effects = contact.phone(LegReferred("agent-1", "sip:ben@callfloor"))
    assert of(AnswerReferral, effects) == [AnswerReferral("agent-1", "consult-2")]
    assert of(ContactTransferred, published(effects)) == [ContactTransferred("anna", "agent", "ben", False)]
    assert not of(HangUpLeg, effects), "her telephone wants to be told how it went"
    effects = contact.phone(LegConnected("consult-2", "PCMU"))
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert contact.hears("in") == {"leg:consult-2"}
    assert (contact.core.snapshot.phase, contact.core.snapshot.agent) == ("talking", "ben")


def test_a_refer_that_comes_to_nothing_puts_the_customer_first() -> None:
    contact = Talking()
    contact.phone(LegReferred("agent-1", "sip:+12025550100@callfloor"))
    effects = contact.phone(LegDisconnected("consult-2", 486, "Busy Here"))
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert of(ContactQueued, published(effects))[0].preferred == "anna"


@pytest.mark.parametrize("leg", ["in", "agent-1"])
def test_other_refers_are_declined(leg: str) -> None:
    contact = Talking()
    replaces = leg == "agent-1"
    effects = contact.phone(LegReferred(leg, "sip:ben@callfloor", replaces))
    assert effects == (AnswerReferral(leg, None),)


COMMANDS = st.sampled_from(
    [
        HoldCustomer("anna", True), HoldCustomer("anna", False), BEN, SHOP, Swap("anna"), CancelConsult("anna"),
        Confer("anna"), CompleteTransfer("anna"), TransferContact("anna", "queue", "support"),
        TransferContact("anna", "agent", "ben", BEN.address, "lease-b"), SendDigits("anna", "1"), ANNA,
        ConnectAgent("ben", BEN.address, "lease-2"), HoldCustomer("ben", True), CompleteTransfer("ben"),
    ]
)  # fmt: skip
HAPPENINGS = st.sampled_from(["answer", "refuse", "agent leaves", "third leaves", "silence"])


def _rings_for_the_queue(leg: Leg) -> bool:
    """An agent's station that has not answered: a queue may have several rung at once (ring-all)."""
    return leg.role is Role.AGENT and leg.state is not LegState.CONNECTED


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(COMMANDS, HAPPENINGS), max_size=12))
@example([TransferContact("anna", "queue", "support"), ANNA, ConnectAgent("ben", BEN.address, "lease-2"), "answer"])
def test_whatever_happens_the_customer_is_not_dropped_and_nobody_is_heard_twice(steps: list[Any]) -> None:
    contact = Talking()
    for step in steps:
        effects = _take(contact, step)
        seen, call = contact.core.snapshot, contact.core.call
        ended = bool(of(ContactEnded, published(effects)))
        assert (HangUpLeg("in") in effects) == ended, step
        there = [leg for leg in call.legs if leg.alive and not leg.leaving and not _rings_for_the_queue(leg)]
        for role in Role:
            assert sum(leg.role is role for leg in there) <= 1, (step, role)
        if ended:
            return
        assert (call.connected(Role.AGENT) is not None) == (seen.phase == "talking"), (step, seen)
        assert contact.hears("in"), f"after {step} the customer sits in silence"
        if seen.talk in ("held", "consult") and seen.phase == "talking":
            assert "leg:in" not in {path.source for path in contact.paths if path.gain > 0 and path.sink != "tap:agent"}


def _take(contact: Talking, step: Any) -> tuple[ContactEffect, ...]:
    contact.now += 1
    if not isinstance(step, str):
        return contact.see(contact.core.command(step, contact.now)[1])
    if step == "silence":
        legs = [leg.id for leg in contact.core.call.legs]
        contact.now += 5
        asked = [probe for leg in legs for probe in contact.second(leg, 0)]
        return tuple(effect for probe in asked for effect in contact.probed(probe.leg_id, False))
    if step in ("answer", "refuse"):
        legs = [leg.id for leg in contact.core.call.legs if leg.state in ("dialling", "ringing") and not leg.leaving]
    else:
        role = Role.AGENT if step == "agent leaves" else Role.CONSULT
        legs = [leg.id for leg in contact.core.call.legs if leg.role is role and leg.state == "connected"]
    if not legs:
        return ()
    return contact.phone(LegConnected(legs[0], "PCMU") if step == "answer" else LegDisconnected(legs[0], 486, "Busy"))


def test_a_floor_that_starts_is_told_who_is_consulted() -> None:
    contact = Talking()
    contact.consulting()
    assert contact.core.snapshot == ContactSnapshot(
        "w1", "+12025550142", "100", "talking", 1000.0, "billing", 5, 1000.0, "anna", "lease-1", 1000.0,
        talk="consult", consulted="ben",
    )  # fmt: skip
