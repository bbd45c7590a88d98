"""A supervisor's telephone with a worker of its own, to which one contact after the other connects."""

from __future__ import annotations

from ivr.contact_core import ContactCore
from ivr.contact_effects import (
    AnswerLeg,
    AnswerReferral,
    ContactEffect,
    DialLeg,
    Finish,
    HangUpLeg,
    PressKeys,
    ProbeLeg,
    Publish,
    SetPaths,
)
from ivr.effects import StartTimer
from ivr.schema import load_flow
from ivr.supervision import BridgeClosed, BridgeOpened, CloseBridge, OpenBridge, Supervise
from ivr.supervisor_bridge import ALONE_S
from tests.scenarios.theatre import FLOW
from voice.commands import Command, Reply
from voice.phone import AudioPath, IncomingLeg, LegConnected, LegDigit, LegDisconnected, LegReferred, PhoneEvent

ORDER = OpenBridge("sara", "sip:sara@callfloor", "c1")
HER = "supervisor-1"
OPENED = BridgeOpened("sara", "b1", "w7", "sip:bridge-w7@callfloor")


class Bridge:
    def __init__(self) -> None:
        self.core = ContactCore("b1", "w7", load_flow(FLOW), "callfloor")
        self.effects: list[ContactEffect] = []
        self.paths: frozenset[AudioPath] = frozenset()

    def ask(self, command: Command) -> Reply:
        reply, effects = self.core.command(command, 0.0)
        self._keep(effects)
        return reply

    def take(self, *events: PhoneEvent) -> Bridge:
        for event in events:
            self._keep(self.core.phone_event(event, 0.0))
        return self

    def did(self, *kinds: type) -> list[ContactEffect]:
        return [effect for effect in self.effects if isinstance(effect, kinds)]

    def opened(self) -> Bridge:
        assert self.ask(ORDER).ok
        return self.take(LegConnected(HER, "PCMU"))

    def at(self, leg_id: str) -> Bridge:
        return self.take(calls(leg_id), LegConnected(leg_id, "PCMU"))

    def _keep(self, effects: tuple[ContactEffect, ...]) -> None:
        self.effects = list(effects)
        for effect in effects:
            if isinstance(effect, SetPaths):
                self.paths = effect.paths


def calls(leg_id: str) -> IncomingLeg:
    return IncomingLeg(leg_id, f"{leg_id}@w", "sip:callfloor@callfloor", "", "sip:bridge-w7@callfloor", {})


def both_ways(leg_id: str) -> frozenset[AudioPath]:
    return frozenset({AudioPath(f"leg:{HER}", f"leg:{leg_id}"), AudioPath(f"leg:{leg_id}", f"leg:{HER}")})


def test_she_is_dialled_once_and_contacts_come_and_go() -> None:
    bridge = Bridge()
    assert bridge.ask(ORDER).ok
    (dialled,) = bridge.did(DialLeg)
    assert dialled == DialLeg(HER, "sip:sara@callfloor", {"X-Callfloor-Supervise": "c1", "Answer-Mode": "Auto"})
    assert bridge.ask(ORDER).ok, "the same order twice is one"
    assert bridge.did(DialLeg) == []
    assert not bridge.ask(OpenBridge("tom", "sip:tom@callfloor", "c1")).ok
    assert not bridge.ask(Supervise("tom", "sip:tom@callfloor")).ok, "it is no contact"
    bridge.take(LegConnected(HER, "PCMU"))
    assert bridge.did(Publish) == [Publish(OPENED)]
    assert bridge.take(calls("a")).did(AnswerLeg) == [AnswerLeg("a")]
    bridge.take(LegConnected("a", "PCMU"))
    assert bridge.paths == both_ways("a")
    bridge.take(LegDisconnected("a", 200, "OK"))
    assert bridge.paths == frozenset()
    assert bridge.did(HangUpLeg) == [], "her own call goes on"
    bridge.at("b")
    assert bridge.paths == both_ways("b")
    assert bridge.core.bridge is not None
    assert bridge.core.bridge.opened == OPENED


def test_the_next_contact_does_not_wait_for_the_last_ones_bye() -> None:
    bridge = Bridge().opened().at("a").at("b")
    assert bridge.paths == both_ways("b")
    bridge.take(LegDisconnected("a", 200, "OK"))
    assert bridge.paths == both_ways("b")


def test_her_keys_go_to_the_contact_she_is_at() -> None:
    bridge = Bridge().opened()
    assert bridge.take(LegDigit(HER, "#")).did(PressKeys) == []
    assert bridge.at("a").take(LegDigit(HER, "5")).did(PressKeys) == [PressKeys("a", "5")]
    assert bridge.take(LegDigit("a", "5")).did(PressKeys) == []
    assert bridge.take(LegReferred(HER, "sip:x@y")).did(AnswerReferral) == [AnswerReferral(HER, None)]


def test_when_she_hangs_up_so_does_the_contacts_leg_and_the_worker_ends() -> None:
    bridge = Bridge().opened().at("a").take(LegDisconnected(HER, 200, "OK"))
    assert bridge.did(Publish) == [Publish(BridgeClosed("sara", "b1", 200, "OK"))]
    assert bridge.did(HangUpLeg) == [HangUpLeg("a")]
    assert bridge.take(LegDisconnected("a", 200, "OK")).did(Finish) == [Finish()]


def test_who_does_not_answer_is_given_up_and_nobody_may_call_in_meanwhile() -> None:
    bridge = Bridge()
    bridge.ask(ORDER)
    (timer,) = bridge.did(StartTimer)
    assert isinstance(timer, StartTimer)
    assert bridge.take(calls("a")).did(HangUpLeg) == [HangUpLeg("a", 480)]
    assert bridge.core.timer_fired(timer.name, timer.token, 20.0) == (HangUpLeg(HER),)
    bridge.take(LegDisconnected(HER, 487, "Request Terminated"))
    assert bridge.did(Publish, Finish) == [
        Publish(BridgeClosed("sara", "b1", 487, "Request Terminated")),
        Finish(),
    ]


def test_a_floor_that_is_gone_leaves_nobody_listening_to_silence() -> None:
    bridge = Bridge().opened()
    (timer,) = bridge.did(StartTimer)
    assert isinstance(timer, StartTimer)
    assert timer.seconds == ALONE_S
    bridge.at("a")
    assert bridge.core.timer_fired(timer.name, timer.token, 20.0) == ()
    bridge.take(LegDisconnected("a", 200, "OK"))
    (timer,) = bridge.did(StartTimer)
    assert isinstance(timer, StartTimer)
    assert bridge.core.timer_fired(timer.name, timer.token, 40.0) == (HangUpLeg(HER),)


def test_the_floor_lets_her_go_and_a_dead_telephone_is_noticed() -> None:
    bridge = Bridge().opened().at("a")
    assert bridge.ask(CloseBridge("sara")).ok
    assert bridge.did(HangUpLeg) == [HangUpLeg(HER)]
    assert not Bridge().ask(CloseBridge("sara")).ok
    other = Bridge().opened().at("a")
    assert other.core.leg_heard(HER, 50, 0.0) == ()
    assert other.core.leg_heard(HER, 0, 3.0) == (ProbeLeg(HER),)
    assert other.core.leg_probed(HER, False, 3.1) == (HangUpLeg(HER),)
