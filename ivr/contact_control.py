"""Call control while an agent has the contact: hold, consult, conference, transfer, and a station that dies. Pure.

The customer is never the one who is dropped: an agent who hangs up while consulting gives the contact to whom she
consults; a party that does not answer, and a station that is lost, put the customer back at the head of the queue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr import effects as flow
from ivr.contact_effects import CONSULT_TIMER, CONTACT_HEADER, DialLeg, PressKeys
from ivr.contact_ring import Offer, Ring
from ivr.contact_script import Script
from ivr.contact_state import ContactState
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
    TargetKind,
    TransferContact,
    TransferFailed,
)
from ivr.watchdog import LOST_S, Watchdog
from voice.calls import LegLeft, Role
from voice.commands import Reply
from voice.hearing import Mode, Talk

_ON_HOLD = frozenset({Talk.HELD, Talk.CONSULT})


@dataclass(frozen=True, slots=True)
class Third:
    """The party that is consulted, brought in, or given the contact. ``giver``: the agent who has already let go of the
    contact; empty while that agent is still there.
    """

    leg_id: str
    kind: TargetKind
    party: str
    lease_id: str
    answered: bool = False
    giver: str = ""


class Control:
    """At most one third party at a time."""

    def __init__(self, state: ContactState, ring: Ring, script: Script) -> None:
        self._state = state
        self._ring = ring
        self._script = script
        self._third: Third | None = None
        self._token = 0
        self._watchdog = Watchdog()

    def command(self, command: ControlCommand, now: float) -> Reply:
        """Carry out what the agent who has the contact asks for."""
        snapshot = self._state.snapshot
        if snapshot.phase != "talking" or self._state.ended:
            return Reply(False, f"the contact is {'over' if self._state.ended else snapshot.phase}, not talking")
        if command.by != snapshot.agent:
            return Reply(False, "this is not your contact")
        match command:
            case HoldCustomer(on=on):
                if on != (self._state.talk in _ON_HOLD):
                    self._arrange(Talk.HELD if on else Talk.DIRECT)
                return Reply(True)
            case Consult():
                return self._consult(command)
            case TransferContact():
                return self._transfer(command, now)
            case SendDigits(digits=digits):
                return self._press(digits)
            case Swap() | CancelConsult() | Confer() | CompleteTransfer():
                return self._with_third(command)

    def joined(self, leg_id: str, now: float) -> bool:
        """A leg that is not the customer's is connected; True if it is the third party's."""
        third = self._third
        if third is None or third.leg_id != leg_id:
            return False
        self._state.do(flow.CancelTimer(CONSULT_TIMER))
        self._state.ringing_back = False
        self._third = replace(third, answered=True)
        if third.giver:
            self._hand_over(self._third, third.giver)
        else:
            self._state.publish(ConsultAnswered(self._state.snapshot.agent, third.party))
            self._arrange(Talk.CONSULT)
        return True

    def left(self, change: LegLeft, now: float) -> bool:
        """A leg that is not the customer's ended; True if it is the third party's."""
        third = self._third
        if third is None or third.leg_id != change.leg.id:
            return False
        reason = "left" if third.answered else change.reason or "no answer"
        self._forget_third()
        if self._state.snapshot.phase == "outside":
            self._script.tell(flow.AgentLeft(), now)
            self._state.end("completed", "agent", now)
        elif third.giver:
            self._state.publish(TransferFailed(third.giver, third.party, reason))
            self._script.queue_again(now, preferred=third.giver)
        else:
            self._state.publish(ConsultEnded(self._state.snapshot.agent, third.kind, third.party, reason))
            self._arrange(Talk.DIRECT if self._state.talk is Talk.CONFERENCE else self._held_or_direct())
        return True

    def timed_out(self, token: int) -> None:
        """The third party has rung long enough."""
        third = self._third
        if third is not None and not third.answered and token == self._token:
            self._state.release(third.leg_id)

    def heard(self, leg_id: str, packets: int, now: float) -> None:
        """``packets`` of RTP have come on a leg since the last report. A station that sends none is dead, as far as its
        customer can tell.
        """
        offer, seen = self._ring.offer, self._state.snapshot
        if offer is None or offer.leg_id != leg_id or seen.phase != "talking" or self._state.ended:
            return
        silent_s = self._watchdog.silent_s(leg_id, packets, now)
        if silent_s >= LOST_S:
            self._drop_third("station lost")
            self._state.publish(AgentLost(offer.agent, offer.lease_id, silent_s))
            self._release_agent()
            self._script.queue_again(now, apology=True)

    def taken_over(self, leg_id: str) -> bool:
        """A leg ended; True if it is the agent's and the party she consults has the contact, now or when it answers."""
        offer, third = self._ring.offer, self._third
        if offer is None or offer.leg_id != leg_id or third is None or self._state.snapshot.phase != "talking":
            return False
        if self._state.ended or self._state.mode is Mode.TAKEOVER:
            self._drop_third("taken over")
            return False
        self._give_to(third, offer.agent)
        return True

    def end(self) -> None:
        """The contact is over: nobody is consulted any more."""
        if (third := self._third) is not None and not third.giver and self._state.snapshot.phase == "talking":
            agent = self._state.snapshot.agent
            self._state.publish(ConsultEnded(agent, third.kind, third.party, "customer left"))
        self._third = None

    # What an agent asks for

    def _consult(self, command: Consult) -> Reply:
        if (third := self._third) is not None:
            same = (third.party, third.lease_id) == (command.party, command.lease_id)
            return Reply(same, "" if same else f"you are consulting {third.party} already")
        self._dial(command.kind, command.party, command.address, command.lease_id, command.ring_s)
        self._state.ringing_back = True
        self._state.publish(ConsultStarted(command.by, command.kind, command.party, command.lease_id))
        self._arrange(Talk.HELD)
        return Reply(True)

    def _with_third(self, command: Swap | CancelConsult | Confer | CompleteTransfer) -> Reply:
        third, talk = self._third, self._state.talk
        if third is None:
            return Reply(isinstance(command, CancelConsult), "you are consulting nobody")
        match command:
            case CancelConsult():
                self._drop_third("cancelled")
                self._arrange(Talk.DIRECT)
            case CompleteTransfer(by=by):
                self._give_to(third, by)
            case _ if not third.answered:
                return Reply(False, f"{third.party} has not answered yet")
            case Swap() if talk is Talk.CONFERENCE:
                return Reply(False, "you are in a conference")
            case Swap():
                self._arrange(Talk.DIRECT if talk is Talk.CONSULT else Talk.CONSULT)
            case Confer(by=by) if talk is not Talk.CONFERENCE:
                self._arrange(Talk.CONFERENCE)
                self._state.publish(ConferenceStarted(by, third.party))
        return Reply(True)

    def _transfer(self, command: TransferContact, now: float) -> Reply:
        if self._third is not None:
            return Reply(False, f"you are consulting {self._third.party}: complete the transfer or cancel")
        if command.kind != "queue" and not command.address:
            return Reply(False, "there is no address to dial")
        given = ContactTransferred(command.by, command.kind, command.to, done=False, lease_id=command.lease_id)
        self._state.publish(given)
        self._release_agent()
        if command.kind == "queue":
            self._script.queue_again(now, queue=command.to, first=False)
        else:
            self._dial(command.kind, command.to, command.address, command.lease_id, command.ring_s)
            self._await_answer(command.by)
        return Reply(True)

    def _press(self, digits: str) -> Reply:
        if not digits or len(digits) > 32 or not set(digits) <= set("0123456789*#ABCD"):
            return Reply(False, "digits are 1 to 32 of 0-9 * # A-D")
        with_third = self._third is not None and self._state.talk is Talk.CONSULT
        if with_third and self._third is not None and self._third.kind == "number":
            self._state.do(PressKeys(self._third.leg_id, digits))
        elif self._state.talk in _ON_HOLD:
            return Reply(False, "nobody is there to hear the keys")
        else:
            self._state.do(PressKeys(self._state.caller_leg, digits))
        return Reply(True)

    # The parts these are made of

    def _dial(self, kind: TargetKind, party: str, address: str, lease_id: str, ring_s: float) -> None:
        state = self._state
        leg_id = state.new_leg(Role.CONSULT, address)
        self._third = Third(leg_id, kind, party, lease_id)
        self._token += 1
        if kind == "agent":
            state.update(consulted=party)
        headers = {CONTACT_HEADER: state.contact_id} if kind == "agent" else {}
        state.do(DialLeg(leg_id, address, headers), flow.StartTimer(CONSULT_TIMER, ring_s, self._token))

    def _give_to(self, third: Third, agent: str) -> None:
        """The contact is the third party's: now, or when it answers."""
        self._release_agent()
        if third.answered:
            self._hand_over(third, agent)
        else:
            given = ContactTransferred(agent, third.kind, third.party, done=False, lease_id=third.lease_id)
            self._state.publish(given)
            self._await_answer(agent)

    def _await_answer(self, giver: str) -> None:
        """The agent is gone and the third party rings: the customer hears music."""
        assert self._third is not None
        self._third = replace(self._third, giver=giver)
        self._state.update(phase="flow", agent="", lease_id="", talk=Talk.HELD)
        self._state.talk, self._state.ringing_back = Talk.HELD, False
        self._state.set_paths()

    def _hand_over(self, third: Third, giver: str) -> None:
        """Customer and third party talk: as agent and customer, or, where it is none of ours, without us."""
        state = self._state
        state.publish(ContactTransferred(giver, third.kind, third.party, done=True, lease_id=third.lease_id))
        if third.kind == "agent":
            state.call = state.call.recast(third.leg_id, Role.AGENT)
            self._ring.offer = Offer(third.party, third.lease_id, third.leg_id)
            state.update(phase="talking", agent=third.party, lease_id=third.lease_id, consulted="")
            self._third = None
            state.talk = Talk.DIRECT
        else:
            state.update(phase="outside", agent="", lease_id="")
            state.talk, state.unheard = Talk.CONFERENCE, True
        state.update(talk=state.talk)
        state.set_paths()

    def _release_agent(self) -> None:
        """The agent's leg ends; she is in the call no more. (It may have ended by itself.)"""
        if (offer := self._ring.offer) is not None:
            self._state.release(offer.leg_id)
            self._ring.offer = None

    def _drop_third(self, reason: str) -> None:
        if (third := self._third) is not None:
            self._state.release(third.leg_id)
            self._state.publish(ConsultEnded(self._state.snapshot.agent, third.kind, third.party, reason))
            self._forget_third()

    def _forget_third(self) -> None:
        self._third = None
        self._state.ringing_back = False
        self._state.update(consulted="")
        self._state.do(flow.CancelTimer(CONSULT_TIMER))

    def _held_or_direct(self) -> Talk:
        """Whoever was consulted is gone: a customer on hold stays so until the agent is ready to speak."""
        return Talk.HELD if self._state.talk in _ON_HOLD else Talk.DIRECT

    def _arrange(self, talk: Talk) -> None:
        state = self._state
        was, state.talk = state.talk, talk
        state.update(talk=talk)
        if (was in _ON_HOLD) != (talk in _ON_HOLD):
            state.publish(HoldChanged(state.snapshot.agent, talk in _ON_HOLD))
        state.set_paths()
