"""The third party of a contact: consulted, brought in, or given the customer. Pure.

The customer is never the one who is dropped: an agent who hangs up while consulting gives the contact to whom she
consults, and a party that does not answer puts the customer back at the head of the queue, for that agent first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr import effects as flow
from ivr.contact_effects import CONSULT_TIMER, DialLeg, agent_headers
from ivr.contact_ring import Offer, Ring
from ivr.contact_script import Script
from ivr.contact_state import ContactState
from ivr.controls import ConsultAnswered, ConsultEnded, ContactTransferred, TargetKind, TransferFailed
from voice.calls import LegLeft, Role
from voice.hearing import Mode, Talk


@dataclass(frozen=True, slots=True)
class Third:
    """``giver``: the agent who has let go of the contact already, empty while she is still there; ``giver_leg``: her
    leg, where it is to end only when it is known how her transfer ended (REFER).
    """

    leg_id: str
    kind: TargetKind
    party: str
    lease_id: str
    answered: bool = False
    giver: str = ""
    giver_leg: str = ""


class ThirdParty:
    """At most one at a time: ``third``."""

    def __init__(self, state: ContactState, ring: Ring, script: Script) -> None:
        self._state = state
        self._ring = ring
        self._script = script
        self._token = 0
        self.third: Third | None = None

    def dial(self, kind: TargetKind, party: str, address: str, lease_id: str, ring_s: float) -> None:
        """Ring it."""
        leg_id = self.expect(kind, party, address, lease_id, ring_s)
        headers = agent_headers(self._state.contact_id) if kind == "agent" else {}
        self._state.do(DialLeg(leg_id, address, headers))

    def expect(self, kind: TargetKind, party: str, address: str, lease_id: str, ring_s: float) -> str:
        """It is about to be rung; returns its leg."""
        leg_id = self._state.new_leg(Role.CONSULT, address)
        self.third = Third(leg_id, kind, party, lease_id)
        self._token += 1
        self._state.do(flow.StartTimer(CONSULT_TIMER, ring_s, self._token))
        if kind == "agent":
            self._state.update(consulted=party)
        return leg_id

    def timed_out(self, token: int) -> None:
        """It has rung long enough."""
        third = self.third
        if third is not None and not third.answered and token == self._token:
            self._state.release(third.leg_id)

    def joined(self, leg_id: str) -> bool:
        """A leg that is not the customer's is connected; True if it is the third party's."""
        third, state = self.third, self._state
        if third is None or third.leg_id != leg_id:
            return False
        state.do(flow.CancelTimer(CONSULT_TIMER))
        state.ringing_back = False
        self.third = third = replace(third, answered=True)
        if third.giver:
            self._hand_over(third, third.giver)
        else:
            state.publish(ConsultAnswered(state.snapshot.agent, third.party))
            state.arrange(Talk.CONSULT)
        return True

    def left(self, change: LegLeft, now: float) -> bool:
        """A leg that is not the customer's ended; True if it is the third party's."""
        third, state = self.third, self._state
        if third is None or third.leg_id != change.leg.id:
            return False
        reason = "left" if third.answered else change.reason or "no answer"
        self._forget()
        if state.snapshot.phase == "outside":
            state.talk, state.unheard = Talk.DIRECT, False
            state.update(phase="flow", talk=Talk.DIRECT)
            self._script.tell(flow.AgentLeft(), now)
        elif third.giver:
            state.release(third.giver_leg)
            state.publish(TransferFailed(third.giver, third.party, reason))
            self._script.queue_again(now, preferred=third.giver)
        else:
            state.publish(ConsultEnded(state.snapshot.agent, third.kind, third.party, reason))
            # A customer on hold stays so until the agent is ready to speak.
            state.arrange(Talk.HELD if state.on_hold else Talk.DIRECT)
        return True

    def taken_over(self, leg_id: str) -> bool:
        """A leg ended; True if it is the agent's and the party she consults has the contact, now or when it answers."""
        offer, third, state = self._ring.offer, self.third, self._state
        if offer is None or offer.leg_id != leg_id or third is None or state.snapshot.phase != "talking":
            return False
        if state.ended or state.mode is Mode.TAKEOVER:
            self.drop("taken over")
            return False
        self.give(offer.agent)
        return True

    def give(self, agent: str) -> None:
        """The contact is the third party's: now, or when it answers."""
        third = self.third
        assert third is not None
        self._ring.release_agent()
        if third.answered:
            self._hand_over(third, agent)
        else:
            given = ContactTransferred(agent, third.kind, third.party, done=False, lease_id=third.lease_id)
            self._state.publish(given)
            self.await_answer(agent)

    def await_answer(self, giver: str, giver_leg: str = "") -> None:
        """The agent is gone and the third party rings: the customer hears music."""
        assert self.third is not None
        self.third = replace(self.third, giver=giver, giver_leg=giver_leg)
        self._state.update(phase="flow", agent="", lease_id="", talk=Talk.HELD)
        self._state.talk, self._state.ringing_back = Talk.HELD, False
        self._state.set_paths()

    def drop(self, reason: str) -> None:
        """Hang it up, if there is one."""
        if (third := self.third) is not None:
            self._state.release(third.leg_id)
            self._state.publish(ConsultEnded(self._state.snapshot.agent, third.kind, third.party, reason))
            self._forget()

    def end(self) -> None:
        """The contact is over: nobody is consulted any more."""
        if (third := self.third) is not None and not third.giver and self._state.snapshot.phase == "talking":
            agent = self._state.snapshot.agent
            self._state.publish(ConsultEnded(agent, third.kind, third.party, "customer left"))
        self.third = None

    def _hand_over(self, third: Third, giver: str) -> None:
        """Customer and third party talk: as agent and customer, or, where it is none of ours, without us."""
        state = self._state
        state.release(third.giver_leg)
        state.publish(ContactTransferred(giver, third.kind, third.party, done=True, lease_id=third.lease_id))
        if third.kind == "agent":
            state.call = state.call.recast(third.leg_id, Role.AGENT)
            self._ring.offer = Offer(third.party, third.lease_id, third.leg_id)
            state.update(phase="talking", agent=third.party, lease_id=third.lease_id, consulted="")
            self.third = None
            state.talk = Talk.DIRECT
        else:
            state.update(phase="outside", agent="", lease_id="")
            state.talk, state.unheard = Talk.CONFERENCE, True
        state.update(talk=state.talk)
        state.set_paths()

    def _forget(self) -> None:
        self.third = None
        self._state.ringing_back = False
        self._state.update(consulted="")
        self._state.do(flow.CancelTimer(CONSULT_TIMER))
