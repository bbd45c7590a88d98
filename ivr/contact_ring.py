"""The agent a contact is offered to: ringing a station, its answer, its silence, its refusal. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr import effects as flow
from ivr.contact_effects import CONTACT_HEADER, RING_TIMER, DialLeg, HangUpLeg
from ivr.contact_state import ContactState
from ivr.contacts import AgentOffered, AgentUnreachable, ConnectAgent, ContactAnswered
from voice.calls import LegLeft, LegState, Role
from voice.commands import Reply
from voice.hearing import Talk


@dataclass(frozen=True, slots=True)
class Offer:
    """The station being rung, or talked to, and the reservation it is held by."""

    agent: str
    lease_id: str
    leg_id: str
    given_up: bool = False
    """We are hanging up: an answer that crosses it comes too late."""


class Ring:
    """At most one offer at a time. ``left`` and ``joined`` return what the flow is to be told, if anything."""

    def __init__(self, state: ContactState) -> None:
        self._state = state
        self._token = 0
        self.offer: Offer | None = None

    def connect(self, command: ConnectAgent) -> Reply:
        """Ring an agent's station, if the contact waits for one; the same reservation twice is one."""
        state = self._state
        phase = state.snapshot.phase
        if self.offer is not None and self.offer.lease_id == command.lease_id:
            return Reply(True)
        if phase != "queued" or state.ended:
            return Reply(False, f"the contact is {'over' if state.ended else phase}, not queued")
        leg_id = state.new_leg(Role.AGENT, command.address)
        self.offer = Offer(command.agent, command.lease_id, leg_id)
        state.update(phase="ringing", agent=command.agent, lease_id=command.lease_id)
        state.publish(AgentOffered(command.agent, command.lease_id))
        self._token += 1
        state.do(
            DialLeg(leg_id, command.address, {CONTACT_HEADER: state.contact_id}),
            flow.StartTimer(RING_TIMER, command.ring_s, self._token),
        )
        return Reply(True)

    def timed_out(self, token: int) -> None:
        """The ring timer fired."""
        if self.offer is not None and token == self._token and self._state.snapshot.phase == "ringing":
            self.offer = replace(self.offer, given_up=True)
            self._state.do(HangUpLeg(self.offer.leg_id))

    def joined(self, now: float) -> flow.AgentConnected | None:
        """The station answered. None where that comes too late; else ``answered`` is next, after the flow."""
        if self.offer is None or self.offer.given_up or self._state.ended:
            return None
        self._state.talk = Talk.DIRECT
        self._state.update(phase="talking", answered_at=now, talk=Talk.DIRECT)
        self._state.do(flow.CancelTimer(RING_TIMER))
        return flow.AgentConnected()

    def answered(self, now: float) -> None:
        """Both parties speak from now on."""
        assert self.offer is not None
        self._state.listen()
        waited = max(0.0, now - self._state.waits_since)
        self._state.publish(ContactAnswered(self.offer.agent, self.offer.lease_id, waited))

    def left(self, change: LegLeft) -> flow.AgentLeft | flow.AgentFailed | None:
        """The station's leg ended."""
        offer, self.offer = self.offer, None
        if self._state.ended or offer is None:
            return None
        if change.was is LegState.CONNECTED and not offer.given_up:
            self._state.talk = Talk.DIRECT
            self._state.update(phase="flow", agent="", lease_id="", talk=Talk.DIRECT)
            return flow.AgentLeft()
        self._state.do(flow.CancelTimer(RING_TIMER))
        self._state.update(phase="queued", agent="", lease_id="")
        self._state.publish(AgentUnreachable(offer.agent, offer.lease_id, change.code, change.reason))
        return flow.AgentFailed(change.reason)

    def handed_over(self) -> None:
        """A supervisor has taken over: the agent is free, the caller stays where she is."""
        self.offer = None
        self._state.update(agent="", lease_id="")
        self._state.publish(self._state.snapshot)

    def withdraw(self) -> None:
        """The contact leaves the queue: a station that rings is hung up."""
        if self.offer is not None:
            self._state.do(HangUpLeg(self.offer.leg_id), flow.CancelTimer(RING_TIMER))
            self.offer = None
        self._state.talk = Talk.DIRECT
        self._state.update(phase="flow", agent="", lease_id="", talk=Talk.DIRECT)
        self._state.publish(self._state.snapshot)
