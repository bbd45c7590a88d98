"""The contact's own decisions: pure, one per contact; the worker (``ivr.contact``) performs what comes out.

In: what the phone reports, prompts and timers that ended, commands from the floor. Out: phone operations, prompts,
timers, events. The parts share a ``ContactState``: ``contact_script`` runs the flow, ``contact_ring`` rings agents,
``contact_orders`` takes commands, ``contact_control`` is what an agent may do with a contact, ``contact_supervision``
lets a supervisor in, ``contact_watch`` sees who is still there.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from ivr import effects as flow
from ivr.contact_control import Control
from ivr.contact_effects import (
    CONSULT_TIMER,
    CUSTOMER_TIMER,
    DIAL_TIMER,
    LIMIT_TIMER,
    RING_TIMER,
    SUPERVISION_TIMER,
    AnswerLeg,
    ContactEffect,
    Finish,
    HangUpLeg,
)
from ivr.contact_orders import Orders
from ivr.contact_outbound import Outbound
from ivr.contact_outward import Outward
from ivr.contact_ring import Ring
from ivr.contact_script import Script
from ivr.contact_state import ContactState
from ivr.contact_supervision import Supervision
from ivr.contact_third import ThirdParty
from ivr.contact_watch import Watch
from ivr.contacts import ContactOffered, ContactSnapshot
from ivr.schema import Flow
from ivr.supervision import CloseBridge, OpenBridge
from ivr.supervisor_bridge import SupervisorBridge
from voice.calls import Call, Leg, LegJoined, LegLeft, LegRang, Role
from voice.commands import Command, Reply
from voice.events import DigitReceived, LegAnswered, LegEnded, LegRinging, QualityMeasured
from voice.phone import IncomingLeg, LegDigit, LegHoldChanged, LegQuality, LegReferred, PhoneEvent


class ContactCore:
    """One contact. ``domain``: the one numbers outside are dialled under; ``notice``: what
    a customer whom we call is told about recording. Every method takes ``now`` (Unix seconds) and
    returns the effects, to be performed in order.
    """

    def __init__(
        self,
        contact_id: str,
        worker_id: str,
        script: Flow,
        domain: str = "callfloor",
        notice: flow.Prompt | None = None,
    ) -> None:
        self.contact_id = contact_id
        self._flow_name, self._flow_version, self._flow_problem = script.name, script.version, ""
        self._state = ContactState(contact_id, worker_id)
        self._ring = Ring(self._state)
        self._outbound = Outbound(self._state, self._ring, notice)
        self._outward = Outward(self._state, domain)
        self._script = Script(script, self._state, self._ring, self._outward)
        self._supervision = Supervision(self._state)
        self._bridge = SupervisorBridge(self._state, domain)
        self._third = ThirdParty(self._state, self._ring, self._script)
        self._control = Control(self._state, self._ring, self._script, self._third)
        self._watch = Watch(self._state, self._ring, self._control)
        self._orders = Orders(
            self._state, self._ring, self._script, self._control, self._supervision, self._outbound, self._outward
        )

    def use(self, script: Flow, recorded: Container[str] | None = None, banner: str = "", problem: str = "") -> None:
        """Go through ``script`` instead, with the prompts that are ``recorded``; before the caller is connected.
        ``problem``: why it is not the flow's file as it is now.
        """
        self._flow_name, self._flow_version, self._flow_problem = script.name, script.version, problem
        self._script.use(script, recorded, banner)

    @property
    def call(self) -> Call:
        """The legs."""
        return self._state.call

    @property
    def snapshot(self) -> ContactSnapshot:
        """What a floor that has just started needs to know."""
        return self._state.snapshot

    @property
    def running(self) -> bool:
        """An offered contact that has not ended."""
        return bool(self.call.legs) and not self._state.ended

    @property
    def bridge(self) -> SupervisorBridge | None:
        """Where this is a supervisor's bridge, and no contact."""
        return self._bridge if self._bridge.begun else None

    def phone_event(self, event: PhoneEvent, now: float) -> tuple[ContactEffect, ...]:
        """Something happened to a leg."""
        if self._bridge.begun:
            self._bridge.phone_event(event)
            return self._state.drain()
        match event:
            case IncomingLeg():
                self._incoming(event, now)
            case LegDigit(leg_id=leg_id, digit=digit) if leg_id == self._state.caller_leg:
                self._state.publish(DigitReceived(leg_id, "*" if self._script.masked else digit))
                self._script.tell(flow.DigitPressed(digit), now)
            case LegDigit(leg_id=leg_id, digit=digit) if leg_id == self._supervision.leg:
                self._supervision.digit(digit, now)
            case LegQuality():
                self._measured(event)
            case LegHoldChanged():
                self._control.station_holds(event)
            case LegReferred():
                self._control.referred(event)
            case _:
                self._state.call, change = self.call.apply(event)
                match change:
                    case LegRang(leg):
                        self._state.publish(LegRinging(leg.id, leg.role, leg.address))
                        if (ringing := self._ring.rang(leg)) is not None:
                            self._script.tell(ringing, now)
                    case LegJoined(leg):
                        self._state.publish(LegAnswered(leg.id, leg.role, leg.address))
                        self._joined(leg, now)
                    case LegLeft():
                        self._left(change, now)
        return self._drain()

    def _measured(self, quality: LegQuality) -> None:
        leg = self.call.leg(quality.leg_id)
        if leg is not None and leg.alive:
            mos, far_mos, loss = round(quality.mos, 2), round(quality.far_mos, 2), round(quality.loss, 4)
            jitter_ms, rtt_ms = round(quality.jitter_ms, 1), round(quality.rtt_ms, 1)
            self._state.publish(
                QualityMeasured(leg.id, leg.role, mos, far_mos, quality.received, loss, jitter_ms, rtt_ms)
            )

    def leg_heard(self, leg_id: str, packets: int, now: float) -> tuple[ContactEffect, ...]:
        """``packets`` of RTP came on a leg that is watched (``WatchLeg``) since the last time."""
        if self._bridge.begun:
            self._bridge.leg_heard(packets, now)
        else:
            self._watch.looked(leg_id, packets, now)
        return self._drain()

    def leg_probed(self, leg_id: str, there: bool | None, now: float) -> tuple[ContactEffect, ...]:
        """Whether the far end of a leg (``ProbeLeg``) still has the call; None where it cannot be asked."""
        if self._bridge.begun:
            self._bridge.leg_probed(there, now)
        else:
            leg = self.call.leg(leg_id)
            if self._watch.probed(leg_id, there, now) and leg is not None:
                self._caller_left(LegLeft(leg, leg.state, 408, "Request Timeout"), now)
        return self._drain()

    def prompt_finished(self, token: int, now: float) -> tuple[ContactEffect, ...]:
        """The prompts of ``token`` were played to their end."""
        if self._outbound.begun:
            self._outbound.notice_heard()
        self._script.prompt_finished(token, now)
        return self._drain()

    def timer_fired(self, name: str, token: int, now: float) -> tuple[ContactEffect, ...]:
        """A timer ran out."""
        if name.startswith(RING_TIMER):
            self._ring.timed_out(name.removeprefix(RING_TIMER))
        elif name == CUSTOMER_TIMER:
            self._outbound.timed_out()
        elif name in (DIAL_TIMER, LIMIT_TIMER):
            if (told := self._outward.timed_out(name, token)) is not None:
                self._script.tell(told, now)
        elif name == SUPERVISION_TIMER:
            (self._bridge if self._bridge.begun else self._supervision).timed_out(token)
        elif name == CONSULT_TIMER:
            self._third.timed_out(token)
        else:
            self._script.tell(flow.TimerFired(name, token), now)
        return self._drain()

    def speech_heard(self, token: int, text: str, final: bool, now: float) -> tuple[ContactEffect, ...]:
        """The recogniser of a gather heard something."""
        self._script.tell(flow.SpeechHeard(token, text, final), now)
        return self._drain()

    def looked_up(self, token: int, answer: Mapping[str, object] | None, now: float) -> tuple[ContactEffect, ...]:
        """A look-up of the flow came to an end."""
        self._script.tell(flow.LookedUp(token, answer), now)
        return self._drain()

    def command(self, command: Command, now: float) -> tuple[Reply, tuple[ContactEffect, ...]]:
        """Carry out a command to this contact, or refuse it with a reason a person can read."""
        if isinstance(command, OpenBridge | CloseBridge):
            reply = self._bridge.command(command)
        else:
            reply = self._orders.carry_out(command, now)
        return reply, self._drain()

    def _drain(self) -> tuple[ContactEffect, ...]:
        self._supervision.settle()
        return self._state.drain()

    def _incoming(self, event: IncomingLeg, now: float) -> None:
        state = self._state
        if self.call.legs:
            state.do(HangUpLeg(event.leg_id, 486))
            return
        state.call = self.call.offered(event, Role.CALLER)
        caller, called = _user(event.from_uri), _user(event.to_uri)
        state.update(caller=caller, called=called, offered_at=now)
        script = self._flow_name, self._flow_version
        state.publish(ContactOffered(self.snapshot.worker_id, caller, called, *script, flow_problem=self._flow_problem))
        state.do(AnswerLeg(event.leg_id))

    def _joined(self, leg: Leg, now: float) -> None:
        self._watch.joined(leg)
        if leg.role is Role.CALLER and self._outbound.begun:
            self._outbound.customer_answered()
        elif leg.role is Role.CALLER:
            self._script.start(now)
        elif leg.role is Role.SUPERVISOR:
            self._supervision.joined(now)
        elif self._third.joined(leg.id):
            pass
        elif (answered := self._outward.joined(leg)) is not None:
            self._script.tell(answered, now)
        elif (connected := self._ring.joined(leg, now)) is not None:
            if self._outbound.begun and not self.call.alive(Role.CALLER):
                self._outbound.agent_answered(now)
            else:
                self._script.tell(connected, now)
                self._ring.answered(now)
        self._state.set_paths()

    def _left(self, change: LegLeft, now: float) -> None:
        leg = change.leg
        self._state.publish(LegEnded(leg.id, leg.role, change.code, change.reason))
        if leg.role is Role.CALLER:
            self._caller_left(change, now)
        elif leg.role is Role.SUPERVISOR:
            self._supervision.left(change, now)
        elif self._watch.left(change, now) or self._third.left(change, now) or self._third.taken_over(leg.id):
            pass
        elif (told := self._outward.left(change)) is not None:
            self._script.tell(told, now)
        else:
            self._agent_left(change, now)
        self._state.set_paths()
        if self.call.over:
            self._state.do(Finish())

    def _agent_left(self, change: LegLeft, now: float) -> None:
        offer = self._ring.offer
        if offer is not None and offer.leg_id == change.leg.id and self._supervision.agent_left():
            self._ring.handed_over()
            return
        told = self._ring.left(change)
        if told is None:
            return
        self._script.tell(told, now)
        if self._outbound.begun:
            self._outbound.agent_gone(told, now)
        if isinstance(told, flow.AgentLeft) and not self._state.ended:
            self._state.publish(self.snapshot)  # the caller stays: nothing else tells the floor that the agent is free

    def _caller_left(self, change: LegLeft, now: float) -> None:
        """Her leg has ended, or (then it is hung up, and ends later) she is gone without a word."""
        self._third.end()
        self._script.tell(flow.CallerLeft(), now)
        if self._outbound.begun:
            self._outbound.customer_left(change, now)
        self._state.end(self._reason_caller_left(), "caller", now)

    def _reason_caller_left(self) -> str:
        if self.snapshot.phase in ("queued", "ringing"):
            return "abandoned"
        return "completed" if self.snapshot.answered_at else "self_service"


def _user(uri: str) -> str:
    """The user part of a SIP URI: the number, where there is one."""
    return uri.split(":", 1)[-1].split("@", 1)[0].split(";", 1)[0] if "@" in uri else ""
