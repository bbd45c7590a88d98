from __future__ import annotations

from collections.abc import Iterable

import pytest

from ivr import effects as flow
from ivr.contact_commands import EndContact
from ivr.contact_effects import (
    SUPERVISION_HEADER,
    SUPERVISION_TIMER,
    ContactEffect,
    DialLeg,
    Finish,
    HangUpLeg,
    PlayTone,
    SetPaths,
)
from ivr.contacts import ContactEnded, ContactSnapshot
from ivr.controls import CompleteTransfer, Confer, Consult, HoldChanged, HoldCustomer, TransferContact
from ivr.supervision import (
    EndSupervision,
    SetSupervisionMode,
    Supervise,
    SupervisionEnded,
    SupervisionFailed,
    SupervisionModeChanged,
    SupervisionStarted,
)
from tests.ivr.rehearsal import Contact, of, published
from voice.calls import Role
from voice.commands import Command, Reply
from voice.hearing import MUSIC, TONE, Mode
from voice.phone import AudioPath, LegConnected, LegDigit, LegDisconnected, LegProgressed

ADDRESS = "sip:sara@callfloor"
SARA = Supervise("sara", ADDRESS)


def ask(contact: Contact, command: Command) -> tuple[Reply, tuple[ContactEffect, ...]]:
    return contact.core.command(command, contact.now)


def leg_of(effects: Iterable[ContactEffect]) -> str:
    (dial,) = of(DialLeg, effects)
    return dial.leg_id


def listening(contact: Contact, command: Supervise = SARA) -> tuple[Contact, str]:
    """``contact``, supervised by Sara; and her leg."""
    reply, effects = ask(contact, command)
    assert reply.ok
    leg = leg_of(effects)
    contact.phone(LegConnected(leg, "PCMU"))
    return contact, leg


def hops(effects: Iterable[ContactEffect]) -> set[tuple[str, str]]:
    """Paths between legs after ``effects``."""
    found = of(SetPaths, effects)[-1].paths
    return {(path.source, path.sink) for path in found if path.source[:4] == path.sink[:4] == "leg:"}


def keys(contact: Contact, leg: str, digits: str) -> tuple[ContactEffect, ...]:
    return tuple(effect for digit in digits for effect in contact.phone(LegDigit(leg, digit)))


def test_a_supervisor_is_rung_and_listens_with_her_microphone_closed() -> None:
    contact = Contact().talking()
    reply, effects = ask(contact, SARA)
    assert reply.ok
    leg = leg_of(effects)
    assert of(DialLeg, effects) == [DialLeg(leg, ADDRESS, {SUPERVISION_HEADER: "c1", "Answer-Mode": "Auto"})]
    assert [(timer.name, timer.seconds) for timer in of(flow.StartTimer, effects)] == [(SUPERVISION_TIMER, 20.0)]
    rang = contact.phone(LegProgressed(leg, 180))
    assert not of(flow.PlayPrompts, rang), "the flow is not told: it is no agent who rings"
    effects = contact.phone(LegConnected(leg, "PCMU"))
    assert of(SupervisionStarted, published(effects)) == [SupervisionStarted("sara", "anna")]
    assert of(flow.CancelTimer, effects) == [flow.CancelTimer(SUPERVISION_TIMER)]
    assert hops(effects) == {
        ("leg:in", "leg:agent-1"), ("leg:agent-1", "leg:in"),
        ("leg:in", f"leg:{leg}"), ("leg:agent-1", f"leg:{leg}"),
    }  # fmt: skip
    assert (contact.core.snapshot.supervisor, contact.core.snapshot.supervision_mode) == ("sara", "listen")


@pytest.mark.parametrize(
    ("mode", "heard_by"), [(Mode.LISTEN, set()), (Mode.WHISPER, {"agent-1"}), (Mode.BARGE, {"agent-1", "in"})]
)
def test_who_hears_her_is_what_her_mode_says(mode: Mode, heard_by: set[str]) -> None:
    contact, leg = listening(Contact().talking())
    ask(contact, SetSupervisionMode("sara", Mode.BARGE))
    reply, effects = ask(contact, SetSupervisionMode("sara", mode))
    assert reply.ok
    if mode is not Mode.BARGE:
        assert published(effects) == [SupervisionModeChanged("sara", "anna", mode, "command")]
        assert {sink for source, sink in hops(effects) if source == f"leg:{leg}"} == {f"leg:{who}" for who in heard_by}
    else:
        assert effects == (), "the same mode again changes nothing"


def test_on_her_phone_the_keys_count_after_a_hash_only() -> None:
    contact, leg = listening(Contact().talking())
    for digits in ("4", "5", "6", "56", "#", "#9", "6", "#*5", "##"):
        assert keys(contact, leg, digits) == (), digits
    assert published(keys(contact, leg, "5")) == [SupervisionModeChanged("sara", "anna", Mode.WHISPER, "phone")]
    contact.phone(LegDigit(leg, "#"))
    contact.now += 3.1
    assert keys(contact, leg, "6") == (), "too late"
    modes = of(SupervisionModeChanged, published(keys(contact, leg, "#6#4")))
    assert [event.mode for event in modes] == [Mode.BARGE, Mode.LISTEN]


def test_her_digits_are_neither_the_flows_nor_published_and_nobody_elses_are_hers() -> None:
    contact, leg = listening(Contact().answered())
    assert keys(contact, leg, "1") == ()
    assert contact.core.snapshot.phase == "flow"
    contact, leg = listening(Contact().talking())
    for other in ("in", "agent-1"):
        keys(contact, other, "#6")
    assert contact.core.snapshot.supervision_mode == "listen"


@pytest.mark.parametrize("begun", [Contact.answered, Contact.queued, Contact.ringing])
def test_without_an_agent_she_can_only_listen(begun: object) -> None:
    assert callable(begun)
    contact, leg = listening(begun(Contact()))
    for mode in (Mode.WHISPER, Mode.BARGE, Mode.TAKEOVER):
        reply, effects = ask(contact, SetSupervisionMode("sara", mode))
        assert (reply.ok, effects) == (False, ())
        assert "only listen" in reply.reason
    assert keys(contact, leg, "#6") == ()


def test_an_agent_who_leaves_closes_her_microphone() -> None:
    contact, leg = listening(Contact().talking())
    ask(contact, SetSupervisionMode("sara", Mode.BARGE))
    _, effects = ask(contact, TransferContact("anna", "queue", "support"))
    assert contact.core.snapshot.phase == "queued"
    (change,) = of(SupervisionModeChanged, published(effects))
    assert (change.mode, change.by) == (Mode.LISTEN, "system")
    assert not any(source == f"leg:{leg}" for source, _ in hops(effects))


def test_an_agent_with_whom_the_contact_ends_leaves_nobody_to_be_spoken_to() -> None:
    contact, leg = listening(Contact().talking())
    ask(contact, SetSupervisionMode("sara", Mode.BARGE))
    effects = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert HangUpLeg(leg) in effects
    assert not any(source == f"leg:{leg}" for source, _ in hops(effects))


def test_who_has_the_contact_next_is_not_spoken_to_by_surprise() -> None:
    contact, leg = listening(Contact().talking())
    ask(contact, SetSupervisionMode("sara", Mode.BARGE))
    _, effects = ask(contact, Consult("anna", "agent", "ben", "sip:ben@callfloor", "lease-2"))
    contact.phone(LegConnected(leg_of(effects), "PCMU"))
    assert contact.core.snapshot.supervision_mode == "barge", "Anna is still the agent"
    _, effects = ask(contact, CompleteTransfer("anna"))
    assert SupervisionModeChanged("sara", "anna", Mode.LISTEN, "system") in published(
        effects
    ) or SupervisionModeChanged("sara", "ben", Mode.LISTEN, "system") in published(effects)
    assert not any(source == f"leg:{leg}" for source, _ in hops(effects))


def test_she_leaves_with_the_last_of_us() -> None:
    contact, leg = listening(Contact().talking())
    _, effects = ask(contact, Consult("anna", "number", "+12025550100", "sip:+12025550100@callfloor"))
    contact.phone(LegConnected(leg_of(effects), "PCMU"))
    _, effects = ask(contact, CompleteTransfer("anna"))
    assert HangUpLeg(leg) in effects
    assert not any(f"leg:{leg}" in hop for hop in hops(effects))
    contact.phone(LegDisconnected("agent-1", 200, "OK"))
    assert of(SupervisionEnded, published(contact.phone(LegDisconnected(leg, 200, "OK"))))
    assert not ask(contact, SARA)[0].ok


def test_a_takeover_frees_the_agent_and_the_contact_ends_with_whoever_leaves_first() -> None:
    contact, leg = listening(Contact().talking())
    reply, effects = ask(contact, SetSupervisionMode("sara", Mode.TAKEOVER))
    assert reply.ok
    assert of(HangUpLeg, effects) == [HangUpLeg("agent-1")]
    assert hops(effects) == {("leg:in", f"leg:{leg}"), (f"leg:{leg}", "leg:in")}
    effects = contact.phone(LegDisconnected("agent-1", 200, "OK"))
    (seen,) = of(ContactSnapshot, published(effects))
    assert (seen.phase, seen.agent, seen.lease_id, seen.supervision_mode) == ("talking", "", "", "takeover")
    assert not of(flow.PlayPrompts, effects), "the flow does not go on: the caller is spoken to"
    assert hops(effects) == {("leg:in", f"leg:{leg}"), (f"leg:{leg}", "leg:in")}
    assert not ask(contact, SetSupervisionMode("sara", Mode.LISTEN))[0].ok
    contact.now += 60
    events = published(contact.phone(LegDisconnected(leg, 200, "OK")))
    assert SupervisionEnded("sara", "anna", Mode.TAKEOVER, 60.0) in events
    (ended,) = of(ContactEnded, events)
    assert (ended.reason, ended.ended_by) == ("completed", "supervisor")


def test_taking_over_takes_the_customer_off_hold() -> None:
    contact, leg = listening(Contact().talking())
    ask(contact, HoldCustomer("anna", on=True))
    reply, effects = ask(contact, SetSupervisionMode("sara", Mode.TAKEOVER))
    assert reply.ok
    assert HoldChanged("anna", held=False) in published(effects)
    assert hops(effects) == {("leg:in", f"leg:{leg}"), (f"leg:{leg}", "leg:in")}
    assert not any(path.source == MUSIC for path in of(SetPaths, effects)[-1].paths)


def test_nobody_takes_over_while_a_third_party_is_there() -> None:
    contact, _ = listening(Contact().talking())
    ask(contact, Consult("anna", "agent", "ben", "sip:ben@callfloor", "lease-2"))
    assert not ask(contact, SetSupervisionMode("sara", Mode.TAKEOVER))[0].ok
    assert ask(contact, SetSupervisionMode("sara", Mode.WHISPER))[0].ok


def test_she_hears_what_the_agent_hears_through_hold_consult_and_conference() -> None:
    contact, leg = listening(Contact().talking())
    me = f"leg:{leg}"

    def heard_by_her(effects: tuple[ContactEffect, ...]) -> set[str]:
        return {source.removeprefix("leg:") for source, sink in hops(effects) if sink == me}

    assert heard_by_her(ask(contact, HoldCustomer("anna", on=True))[1]) == {"agent-1"}
    _, effects = ask(contact, Consult("anna", "agent", "ben", "sip:ben@callfloor", "lease-2"))
    ben = leg_of(effects)
    assert heard_by_her(contact.phone(LegConnected(ben, "PCMU"))) == {"agent-1", ben}
    assert heard_by_her(ask(contact, Confer("anna"))[1]) == {"in", "agent-1", ben}
    _, effects = ask(contact, CompleteTransfer("anna"))
    assert heard_by_her(effects) == {"in", ben}, "the supervision goes on with whoever has the contact now"
    assert ask(contact, SetSupervisionMode("sara", Mode.WHISPER))[0].ok


def test_leaving_touches_nobody_else() -> None:
    contact = Contact().talking()
    _, leg = listening(contact)
    ask(contact, SetSupervisionMode("sara", Mode.BARGE))
    reply, effects = ask(contact, EndSupervision("sara"))
    assert (reply.ok, effects) == (True, (HangUpLeg(leg),))
    contact.now += 5
    effects = contact.phone(LegDisconnected(leg, 200, "OK"))
    assert of(SupervisionEnded, published(effects)) == [SupervisionEnded("sara", "anna", Mode.BARGE, 5.0)]
    assert hops(effects) == {("leg:in", "leg:agent-1"), ("leg:agent-1", "leg:in")}
    assert not of(HangUpLeg, effects)
    assert (contact.core.snapshot.supervisor, contact.core.snapshot.supervision_mode) == ("", "")


def test_the_callers_goodbye_is_said_at_once_and_the_process_ends_with_her_leg() -> None:
    contact, leg = listening(Contact().talking())
    effects = contact.phone(LegDisconnected("in", 200, "OK"))
    assert [event.ended_by for event in of(ContactEnded, published(effects))] == ["caller"]
    assert {hang_up.leg_id for hang_up in of(HangUpLeg, effects)} == {"agent-1", leg}
    contact.phone(LegDisconnected("agent-1", 200, "OK"))
    effects = contact.phone(LegDisconnected(leg, 200, "OK"))
    assert of(SupervisionEnded, published(effects))
    assert of(Finish, effects)


def test_a_phone_that_does_not_answer_is_given_up_and_said() -> None:
    contact = Contact().talking()
    _, effects = ask(contact, SARA)
    (timer,) = of(flow.StartTimer, effects)
    leg = leg_of(effects)
    assert contact.core.timer_fired(SUPERVISION_TIMER, timer.token - 1, contact.now) == ()
    assert contact.core.timer_fired(SUPERVISION_TIMER, timer.token, contact.now) == (HangUpLeg(leg),)
    events = published(contact.phone(LegDisconnected(leg, 487, "Request Terminated")))
    assert SupervisionFailed("sara", 487, "Request Terminated") in events
    assert not of(SupervisionEnded, events)
    assert contact.core.timer_fired(SUPERVISION_TIMER, timer.token, contact.now) == ()


def test_one_supervisor_at_a_time_and_the_same_twice_is_one() -> None:
    contact, _ = listening(Contact().talking())
    assert ask(contact, SARA) == (Reply(True), ())
    reply, effects = ask(contact, Supervise("tom", "sip:tom@callfloor"))
    assert (reply.ok, effects) == (False, ())
    assert "sara" in reply.reason
    for command in (SetSupervisionMode("tom", Mode.BARGE), EndSupervision("tom")):
        assert not ask(contact, command)[0].ok


def test_before_her_phone_is_connected_no_mode_is_taken() -> None:
    contact = Contact().talking()
    ask(contact, SARA)
    assert not ask(contact, SetSupervisionMode("sara", Mode.BARGE))[0].ok
    assert contact.core.snapshot.supervision_mode == ""


def test_a_contact_that_is_over_or_has_not_begun_takes_no_supervisor() -> None:
    assert not ask(Contact(), SARA)[0].ok
    contact = Contact().talking()
    ask(contact, EndContact("supervisor"))
    assert not ask(contact, SARA)[0].ok


def test_the_policys_tone_is_heard_by_whom_it_names_on_entering_that_mode() -> None:
    tones = ((Mode.WHISPER, (Role.AGENT,)), (Mode.BARGE, (Role.AGENT, Role.CALLER)))
    contact, leg = listening(Contact().talking(), Supervise("sara", ADDRESS, tones))
    heard: dict[Mode, set[str]] = {}
    for mode in (Mode.WHISPER, Mode.BARGE, Mode.LISTEN):
        _, effects = ask(contact, SetSupervisionMode("sara", mode))
        found = {path for path in of(SetPaths, effects)[-1].paths if path.source == TONE}
        heard[mode] = {path.sink for path in found}
        assert len(of(PlayTone, effects)) == bool(found)
        assert AudioPath(TONE, f"leg:{leg}") not in found
    assert heard == {Mode.WHISPER: {"leg:agent-1"}, Mode.BARGE: {"leg:agent-1", "leg:in"}, Mode.LISTEN: set()}
