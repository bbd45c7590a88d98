"""The supervisor of a contact: her leg, her mode, the digits of her phone. Pure; part of ``ContactCore``.

Nothing here touches the legs of the others, except for a takeover, which hangs up the agent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr import effects as flow
from ivr.contact_effects import SUPERVISION_HEADER, SUPERVISION_TIMER, DialLeg, HangUpLeg, PlayTone
from ivr.contact_state import ContactState
from ivr.controls import HoldChanged
from ivr.supervision import (
    EndSupervision,
    SetSupervisionMode,
    Supervise,
    SupervisionEnded,
    SupervisionFailed,
    SupervisionModeChanged,
    SupervisionStarted,
    Tones,
)
from voice.calls import LegLeft, Role
from voice.commands import Reply
from voice.hearing import Mode, Talk
from voice.mode_keys import ModeKeys

AUTO_ANSWER = {"Answer-Mode": "Auto"}
"""RFC 5373: she has asked for this call herself, a moment ago."""


@dataclass(slots=True)
class _Visit:
    """A supervisor being rung (``since`` 0) or connected since then (Unix seconds)."""

    supervisor: str
    leg_id: str
    tones: Tones
    since: float = 0.0
    agent: str = ""
    keys: ModeKeys = field(default_factory=ModeKeys)


class Supervision:
    """At most one supervisor at a time."""

    def __init__(self, state: ContactState) -> None:
        self._state = state
        self._visit: _Visit | None = None
        self._token = 0

    @property
    def leg(self) -> str:
        """The supervisor's leg; empty where there is none."""
        return self._visit.leg_id if self._visit is not None else ""

    def command(self, command: Supervise | SetSupervisionMode | EndSupervision) -> Reply:
        """Carry out a command, or refuse it with a reason a person can read."""
        visit = self._visit
        if isinstance(command, Supervise):
            return self._dial(command)
        if visit is None or visit.supervisor != command.supervisor:
            return Reply(False, f"{command.supervisor} does not supervise this contact")
        match command:
            case SetSupervisionMode(_, mode):
                return self._enter(visit, mode, "command")
            case EndSupervision():
                self._state.do(HangUpLeg(visit.leg_id))
                return Reply(True)

    def timed_out(self, token: int) -> None:
        """Her phone rang long enough."""
        if self._visit is not None and not self._visit.since and token == self._token:
            self._state.do(HangUpLeg(self._visit.leg_id))

    def joined(self, now: float) -> None:
        """She answered: she listens."""
        visit, state = self._visit, self._state
        if visit is None or state.ended:
            return
        visit.since, visit.agent = now, state.snapshot.agent
        state.do(flow.CancelTimer(SUPERVISION_TIMER))
        state.publish(SupervisionStarted(visit.supervisor, visit.agent))
        self._set(visit, Mode.LISTEN)

    def left(self, change: LegLeft, now: float) -> None:
        """Her leg ended; where she had taken over, so has the contact."""
        visit, state = self._visit, self._state
        if visit is None or visit.leg_id != change.leg.id:
            return
        self._visit, mode = None, state.mode
        state.supervised()
        if mode is None:
            state.do(flow.CancelTimer(SUPERVISION_TIMER))
            state.publish(SupervisionFailed(visit.supervisor, change.code, change.reason))
            return
        state.publish(SupervisionEnded(visit.supervisor, visit.agent, mode, now - visit.since))
        if mode is Mode.TAKEOVER:
            state.end("completed", "supervisor", now)

    def agent_left(self) -> bool:
        """The agent's leg ended; True where that is our doing, and the contact goes on without her."""
        return self._visit is not None and self._state.mode is Mode.TAKEOVER and not self._state.ended

    def settle(self) -> None:
        """After everything that happens: an open microphone was for one agent. Who comes next, or nobody, has not been
        asked for, so she only listens; and she leaves with the last of us.
        """
        visit, state = self._visit, self._state
        if visit is None or state.mode is None or state.ended:
            return
        leg = state.call.leg(visit.leg_id)
        if state.unheard and leg is not None and not leg.leaving:
            state.release(visit.leg_id)
            state.set_paths()
        hers = state.call.connected(Role.AGENT) is not None and state.snapshot.agent == visit.agent
        if state.mode in (Mode.WHISPER, Mode.BARGE) and not hers:
            self._enter(visit, Mode.LISTEN, "system")

    def digit(self, digit: str, now: float) -> None:
        """A key of her telephone."""
        visit = self._visit
        if visit is None:
            return
        if (mode := visit.keys.press(digit, now)) is not None:
            self._enter(visit, mode, "phone")

    def _dial(self, command: Supervise) -> Reply:
        state = self._state
        if self._visit is not None:
            same = self._visit.supervisor == command.supervisor
            return Reply(same, "" if same else f"{self._visit.supervisor} supervises this contact")
        if state.ended or state.call.connected(Role.CALLER) is None:
            return Reply(False, "the contact is over" if state.ended else "the caller is not connected yet")
        if state.unheard:
            return Reply(False, "none of us is in the call any more")
        leg_id = state.new_leg(Role.SUPERVISOR, command.address)
        self._visit = _Visit(command.supervisor, leg_id, command.tones)
        self._token += 1
        state.do(
            DialLeg(leg_id, command.address, {SUPERVISION_HEADER: state.contact_id, **AUTO_ANSWER}),
            flow.StartTimer(SUPERVISION_TIMER, command.ring_s, self._token),
        )
        return Reply(True)

    def _enter(self, visit: _Visit, mode: Mode, by: str) -> Reply:
        state = self._state
        if state.mode is None:
            return Reply(False, "your phone is not connected yet")
        if mode is state.mode:
            return Reply(True)
        if state.mode is Mode.TAKEOVER:
            return Reply(False, "you have taken over: the agent is gone")
        agent = state.call.connected(Role.AGENT)
        if mode is not Mode.LISTEN and agent is None:
            return Reply(False, "no agent is on the call: you can only listen")
        if mode is Mode.TAKEOVER and state.call.alive(Role.CONSULT) is not None:
            return Reply(False, "somebody else is being consulted: take over when that has ended")
        visit.agent = state.snapshot.agent or visit.agent
        state.publish(SupervisionModeChanged(visit.supervisor, visit.agent, mode, by))
        if mode is Mode.TAKEOVER and agent is not None:
            self._relieve(agent.id, visit.agent)
        self._set(visit, mode)
        return Reply(True)

    def _relieve(self, leg_id: str, agent: str) -> None:
        """The agent goes; a customer she had put on hold talks to the supervisor."""
        state = self._state
        if state.talk is not Talk.DIRECT:
            state.talk = Talk.DIRECT
            state.update(talk=state.talk)
            state.publish(HoldChanged(agent, False))
        state.do(HangUpLeg(leg_id))

    def _set(self, visit: _Visit, mode: Mode) -> None:
        hearers = frozenset(dict(visit.tones).get(mode, ()))
        self._state.supervised(visit.supervisor, mode, hearers)
        if hearers:
            self._state.do(PlayTone())
