"""Call control while an agent has the contact: hold, consult, conference and transfer. Pure."""

from __future__ import annotations

import re

from ivr.contact_effects import AnswerReferral, PressKeys
from ivr.contact_ring import Ring
from ivr.contact_script import Script
from ivr.contact_state import ContactState
from ivr.contact_third import ThirdParty
from ivr.controls import (
    AgentLost,
    CancelConsult,
    CompleteTransfer,
    Confer,
    ConferenceStarted,
    Consult,
    ConsultStarted,
    ContactTransferred,
    ControlCommand,
    HoldCustomer,
    SendDigits,
    Swap,
    TargetKind,
    TransferContact,
)
from voice.commands import Reply
from voice.hearing import Talk
from voice.phone import LegHoldChanged, LegReferred

REFERRED_S = 25.0
"""How long the target of a REFER may ring."""

_NUMBER = re.compile(r"\+?[0-9]{3,15}")


class Control:
    """What the agent may do with the contact she has, by command or with her own telephone."""

    def __init__(self, state: ContactState, ring: Ring, script: Script, third: ThirdParty) -> None:
        self._state = state
        self._ring = ring
        self._script = script
        self._third_party = third
        self._holding_leg = ""

    def command(self, command: ControlCommand, now: float) -> Reply:
        """Carry out what the agent who has the contact asks for."""
        snapshot = self._state.snapshot
        if not self._talking:
            return Reply(False, f"the contact is {'over' if self._state.ended else snapshot.phase}, not talking")
        if command.by != snapshot.agent:
            return Reply(False, "this is not your contact")
        match command:
            case HoldCustomer(on=False) if self.holds(self._holding_leg):
                return Reply(False, "your telephone holds the call: resume it there")
            case HoldCustomer(on=on):
                self._hold(on)
                return Reply(True)
            case Consult():
                return self._consult(command)
            case TransferContact():
                return self._transfer(command, now)
            case SendDigits(digits=digits):
                return self._press(digits)
            case Swap() | CancelConsult() | Confer() | CompleteTransfer():
                return self._with_third(command)

    def station_holds(self, event: LegHoldChanged) -> None:
        """The agent's telephone held or resumed its call by itself: the customer is to hear music, not silence."""
        if self._talking and self._is_agents(event.leg_id):
            self._holding_leg = event.leg_id if event.held_by_peer else ""
            self._hold(event.held_by_peer)

    def referred(self, event: LegReferred) -> None:
        """A REFER: from the agent's telephone it is a blind transfer; anybody else's is declined. The leg that sent it
        stays until it is known how the transfer ended, and is told.
        """
        state, offer = self._state, self._ring.offer
        user = event.target.partition(":")[2].partition("@")[0].partition(";")[0]
        refused = event.replaces or self._third_party.third is not None or not user
        if refused or offer is None or not self._talking or not self._is_agents(event.leg_id):
            state.do(AnswerReferral(event.leg_id, None))
            return
        kind: TargetKind = "number" if _NUMBER.fullmatch(user) else "agent"
        state.publish(ContactTransferred(offer.agent, kind, user, done=False))
        leg_id = self._third_party.expect(kind, user, event.target, "", REFERRED_S)
        self._ring.offer = None
        state.call = state.call.released(offer.leg_id)
        state.do(AnswerReferral(event.leg_id, leg_id))
        self._third_party.await_answer(offer.agent, offer.leg_id)

    def holds(self, leg_id: str) -> bool:
        """Whether the agent's telephone holds the call by SIP: it may be silent then, and nobody else can resume it."""
        return bool(leg_id) and leg_id == self._holding_leg and self._is_agents(leg_id)

    def lose_station(self, silent_s: float, now: float) -> None:
        """The agent's station is dead: the customer waits again, before all others."""
        offer = self._ring.offer
        assert offer is not None
        self._third_party.drop("station lost")
        self._state.publish(AgentLost(offer.agent, offer.lease_id, silent_s))
        self._ring.release_agent()
        self._script.queue_again(now, apology=True)

    @property
    def _talking(self) -> bool:
        return self._state.snapshot.phase == "talking" and not self._state.ended

    def _is_agents(self, leg_id: str) -> bool:
        return self._ring.offer is not None and self._ring.offer.leg_id == leg_id

    def _hold(self, on: bool) -> None:
        if on != self._state.on_hold:
            self._state.arrange(Talk.HELD if on else Talk.DIRECT)

    def _consult(self, command: Consult) -> Reply:
        if (third := self._third_party.third) is not None:
            same = (third.party, third.lease_id) == (command.party, command.lease_id)
            return Reply(same, "" if same else f"you are consulting {third.party} already")
        self._third_party.dial(command.kind, command.party, command.address, command.lease_id, command.ring_s)
        self._state.ringing_back = True
        self._state.publish(ConsultStarted(command.by, command.kind, command.party, command.lease_id))
        self._state.arrange(Talk.HELD)
        return Reply(True)

    def _with_third(self, command: Swap | CancelConsult | Confer | CompleteTransfer) -> Reply:
        third, state = self._third_party.third, self._state
        if third is None:
            return Reply(isinstance(command, CancelConsult), "you are consulting nobody")
        match command:
            case CancelConsult():
                self._third_party.drop("cancelled")
                state.arrange(Talk.DIRECT)
            case CompleteTransfer(by=by):
                self._third_party.give(by)
            case _ if not third.answered:
                return Reply(False, f"{third.party} has not answered yet")
            case Swap() if state.talk is Talk.CONFERENCE:
                return Reply(False, "you are in a conference")
            case Swap():
                state.arrange(Talk.DIRECT if state.talk is Talk.CONSULT else Talk.CONSULT)
            case Confer(by=by) if state.talk is not Talk.CONFERENCE:
                state.arrange(Talk.CONFERENCE)
                state.publish(ConferenceStarted(by, third.party))
        return Reply(True)

    def _transfer(self, command: TransferContact, now: float) -> Reply:
        if (third := self._third_party.third) is not None:
            return Reply(False, f"you are consulting {third.party}: complete the transfer or cancel")
        if command.kind != "queue" and not command.address:
            return Reply(False, "there is no address to dial")
        given = ContactTransferred(command.by, command.kind, command.to, done=False, lease_id=command.lease_id)
        self._state.publish(given)
        self._ring.release_agent()
        if command.kind == "queue":
            self._script.queue_again(now, queue=command.to, first=False)
        else:
            self._third_party.dial(command.kind, command.to, command.address, command.lease_id, command.ring_s)
            self._third_party.await_answer(command.by)
        return Reply(True)

    def _press(self, digits: str) -> Reply:
        if not digits or len(digits) > 32 or not set(digits) <= set("0123456789*#ABCD"):
            return Reply(False, "digits are 1 to 32 of 0-9 * # A-D")
        third, talk = self._third_party.third, self._state.talk
        if third is not None and third.kind == "number" and talk is Talk.CONSULT:
            self._state.do(PressKeys(third.leg_id, digits))
        elif self._state.on_hold:
            return Reply(False, "nobody is there to hear the keys")
        else:
            self._state.do(PressKeys(self._state.caller_leg, digits))
        return Reply(True)
