"""Whom the flow rings: an agent by name, through the floor, or an outside number. Pure.

An agent's time is the floor's to give: the worker asks (``AgentWanted``), and is told to connect her or that she cannot
be had. A number is dialled as it is; whether it may be is for the front's trunks to say. Nobody of ours is in that
talk, so it is neither recognised nor recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr import effects as flow
from ivr.contact_effects import DIAL_TIMER, LIMIT_TIMER, DialLeg, HangUpLeg
from ivr.contact_state import ContactState
from ivr.controls import AgentRefused, AgentWanted
from voice.calls import Leg, LegLeft, LegState, Role
from voice.hearing import Talk

FLOOR_S = 3.0
"""Beyond the ringing, how long an agent may take to be found."""


@dataclass(frozen=True, slots=True)
class _Order:
    wanted: flow.DialOut
    token: int
    leg_id: str = ""


class Outward:
    """At most one at a time. What is returned is for the flow."""

    def __init__(self, state: ContactState, domain: str) -> None:
        self._state = state
        self._domain = domain
        self._order: _Order | None = None
        self._tokens = 0

    def dial(self, wanted: flow.DialOut, now: float) -> None:
        """Ring whom the flow wants."""
        state, leg_id, ring_s = self._state, "", wanted.ring_s
        self._tokens += 1
        state.waits_since = now
        if wanted.kind == "agent":
            state.update(phase="dialling")
            state.publish(AgentWanted(wanted.target, wanted.ring_s))
            ring_s += FLOOR_S
        else:
            address = f"sip:{wanted.target}@{self._domain}"
            leg_id = state.new_leg(Role.CONSULT, address)
            state.do(DialLeg(leg_id, address, {}))
        self._order = _Order(wanted, self._tokens, leg_id)
        state.do(flow.StartTimer(DIAL_TIMER, ring_s, self._tokens))

    def refused(self, command: AgentRefused) -> flow.DialFailed | None:
        """The floor has no such agent for us now."""
        order = self._order
        if order is None or self._state.snapshot.phase != "dialling" or order.wanted.target != command.agent:
            return None
        return self._failed(command.reason)

    def timed_out(self, name: str, token: int) -> flow.DialFailed | None:
        """It has rung, or they have talked, long enough."""
        order, state = self._order, self._state
        if order is None or order.token != token:
            return None
        if name == DIAL_TIMER and state.snapshot.phase == "dialling":
            return self._failed("no answer")
        leg_id = order.leg_id
        if name == LIMIT_TIMER and (agent := state.call.connected(Role.AGENT)) is not None:
            leg_id = agent.id
        if leg_id:
            state.do(HangUpLeg(leg_id))
        return None

    def joined(self, leg: Leg) -> flow.DialAnswered | None:
        """A leg that is not the customer's is connected."""
        order, state = self._order, self._state
        if order is None or order.leg_id != leg.id or state.ended:
            return None
        state.update(phase="outside", talk=Talk.CONFERENCE)
        state.talk, state.unheard = Talk.CONFERENCE, True
        self._answered(order)
        return flow.DialAnswered()

    def left(self, change: LegLeft) -> flow.DialEnded | flow.DialFailed | None:
        """A leg that is not the customer's ended."""
        order, state = self._order, self._state
        if order is None or order.leg_id != change.leg.id or state.ended:
            return None
        state.talk, state.unheard = Talk.DIRECT, False
        state.update(phase="flow", talk=Talk.DIRECT)
        if change.was is not LegState.CONNECTED:
            return self._failed(change.reason or "no answer")
        self._order = None
        state.do(flow.CancelTimer(LIMIT_TIMER))
        return flow.DialEnded()

    def said(self, told: flow.Input) -> flow.Input:
        """What happens to an agent, in the words of the verb that wanted her."""
        order = self._order
        if order is None or order.leg_id:
            return told
        match told:
            case flow.AgentConnected():
                self._answered(order)
                return flow.DialAnswered()
            case flow.AgentFailed(reason):
                return self._failed(reason)
            case flow.AgentLeft():
                self._order = None
                self._state.do(flow.CancelTimer(LIMIT_TIMER))
                return flow.DialEnded()
        return told

    def _answered(self, order: _Order) -> None:
        self._state.do(flow.CancelTimer(DIAL_TIMER))
        if order.wanted.limit_s:
            self._state.do(flow.StartTimer(LIMIT_TIMER, order.wanted.limit_s, order.token))

    def _failed(self, reason: str) -> flow.DialFailed:
        self._order = None
        self._state.do(flow.CancelTimer(DIAL_TIMER))
        self._state.update(phase="flow", agent="", lease_id="")
        self._state.publish(self._state.snapshot)  # nothing else tells the floor that the contact waits no longer
        return flow.DialFailed(reason)
