"""The agents a contact is offered to: ringing stations, the first answer, silence and refusals. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ivr import effects as flow
from ivr.contact_commands import ConnectAgent
from ivr.contact_effects import RING_TIMER, DialLeg, agent_headers
from ivr.contact_state import ContactState
from ivr.contacts import AgentOffered, AgentUnreachable, ContactAnswered
from voice.calls import Leg, LegLeft, LegState, Role
from voice.commands import Reply
from voice.hearing import Talk

MOST_LEGS = 4
"""pjsua2's calls: the customer and three others."""

_WAITING = frozenset({"queued", "ringing", "dialling"})
"""Phases in which a station may be rung."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A station being rung, or talked to, and the reservation it is held by."""

    agent: str
    lease_id: str
    leg_id: str


class Ring:
    """``offer`` is the agent who has the contact. ``left`` and ``joined`` return what the flow is to be told, if
    anything.
    """

    def __init__(self, state: ContactState) -> None:
        self._state = state
        self._ringing: dict[str, Offer] = {}
        self._waits_in = "queued"
        self.offer: Offer | None = None

    def connect(self, command: ConnectAgent) -> Reply:
        """Ring an agent's station, if the contact waits for one; the same reservation twice is one. Of several stations
        the first to answer has the contact.
        """
        state, phase = self._state, self._state.snapshot.phase
        if any(offer.lease_id == command.lease_id for offer in (*self._ringing.values(), self.offer) if offer):
            return Reply(True)
        if phase not in _WAITING or state.ended:
            return Reply(False, f"the contact is {'over' if state.ended else phase}, not queued")
        if sum(leg.alive for leg in state.call.legs) >= MOST_LEGS:
            return Reply(False, "as many stations ring as this contact can ring")
        if phase != "ringing":
            self._waits_in = phase
        leg_id = state.new_leg(Role.AGENT, command.address)
        self._ringing[leg_id] = Offer(command.agent, command.lease_id, leg_id)
        state.update(phase="ringing", agent=command.agent, lease_id=command.lease_id)
        state.publish(AgentOffered(command.agent, command.lease_id))
        state.do(
            DialLeg(leg_id, command.address, agent_headers(state.contact_id)),
            flow.StartTimer(RING_TIMER + leg_id, command.ring_s, 0),
        )
        return Reply(True)

    def rang(self, leg: Leg) -> flow.AgentRinging | None:
        """A station rings; the flow hears of the first only."""
        return flow.AgentRinging() if len(self._ringing) == 1 and leg.id in self._ringing else None

    def timed_out(self, leg_id: str) -> None:
        """A station has rung long enough."""
        if leg_id in self._ringing:
            self._state.release(leg_id)

    def joined(self, leg: Leg, now: float) -> flow.AgentConnected | None:
        """A station answered. None where that comes too late; else ``answered`` is next, after the flow."""
        offer = self._ringing.get(leg.id)
        if offer is None or leg.leaving or self._state.ended:
            return None
        self._stop_ringing()
        self.offer = offer
        self._state.talk = Talk.DIRECT
        self._state.update(
            phase="talking", agent=offer.agent, lease_id=offer.lease_id, answered_at=now, talk=Talk.DIRECT
        )
        return flow.AgentConnected()

    def answered(self, now: float, *, listen: bool = True) -> None:
        """Both parties speak from now on, unless there is something to be said first (not ``listen``)."""
        assert self.offer is not None
        if listen:
            self._state.listen()
        waited = max(0.0, now - self._state.waits_since)
        self._state.publish(ContactAnswered(self.offer.agent, self.offer.lease_id, waited))

    def left(self, change: LegLeft) -> flow.AgentLeft | flow.AgentFailed | None:
        """A leg ended, perhaps a station's."""
        state, leg = self._state, change.leg
        if self.offer is not None and self.offer.leg_id == leg.id:
            self.offer = None
            if state.ended:
                return None
            self._nobody("flow")
            return flow.AgentLeft()
        offer = self._ringing.pop(leg.id, None)
        if offer is None or state.ended:
            return None
        state.do(flow.CancelTimer(RING_TIMER + leg.id))
        if self._ringing:
            other = next(iter(self._ringing.values()))
            state.update(agent=other.agent, lease_id=other.lease_id)
        else:
            state.update(phase=self._waits_in, agent="", lease_id="")
        state.publish(AgentUnreachable(offer.agent, offer.lease_id, change.code, change.reason))
        return None if self._ringing else flow.AgentFailed(change.reason)

    def release_agent(self) -> None:
        """The agent's leg ends; she is in the call no more. (It may have ended by itself.)"""
        if self.offer is not None:
            self._state.release(self.offer.leg_id)
            self.offer = None

    def handed_over(self) -> None:
        """A supervisor has taken over: the agent is free, the caller stays where she is."""
        self.offer = None
        self._state.update(agent="", lease_id="")
        self._state.publish(self._state.snapshot)

    def withdraw(self) -> None:
        """The contact leaves the queue: stations that ring are hung up."""
        self._stop_ringing()
        self._nobody("flow")
        self._state.publish(self._state.snapshot)

    def _nobody(self, phase: str) -> None:
        self._state.talk = Talk.DIRECT
        self._state.update(phase=phase, agent="", lease_id="", talk=Talk.DIRECT)

    def _stop_ringing(self) -> None:
        for leg_id in self._ringing:
            self._state.do(flow.CancelTimer(RING_TIMER + leg_id))
            leg = self._state.call.leg(leg_id)
            if leg is not None and leg.state is not LegState.CONNECTED:
                self._state.release(leg_id)
        self._ringing.clear()
