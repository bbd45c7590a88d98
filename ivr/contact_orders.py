"""The commands a contact takes, each given to the part that carries it out. Pure."""

from __future__ import annotations

from ivr import effects as flow
from ivr.conditions import QueueFacts
from ivr.contact_commands import ConnectAgent, EndContact, LeaveQueue, TellFacts, TellPlace
from ivr.contact_control import Control
from ivr.contact_outbound import Outbound
from ivr.contact_outward import Outward
from ivr.contact_ring import Ring
from ivr.contact_script import Script
from ivr.contact_state import ContactState
from ivr.contact_supervision import Supervision
from ivr.controls import (
    AgentRefused,
    CancelConsult,
    CompleteTransfer,
    Confer,
    Consult,
    HoldCustomer,
    SendDigits,
    Swap,
    TransferContact,
)
from ivr.outbound import CallCustomer
from ivr.self_service import RaiseBanner, TellAnswer
from ivr.supervision import EndSupervision, SetSupervisionMode, Supervise
from voice.commands import Command, Reply

Told = TellPlace | TellFacts | LeaveQueue | TellAnswer | RaiseBanner
"""What the floor answers to the flow's questions; that the queue has nobody or is full; a banner."""


class Orders:
    """Holds the parts of one contact's core that take commands."""

    def __init__(
        self, state: ContactState, ring: Ring, script: Script, control: Control, supervision: Supervision,
        outbound: Outbound, outward: Outward,
    ) -> None:  # fmt: skip
        self._state = state
        self._ring = ring
        self._script = script
        self._control = control
        self._supervision = supervision
        self._outbound = outbound
        self._outward = outward

    def carry_out(self, command: Command, now: float) -> Reply:
        """Carry out a command, or refuse it with a reason a person can read."""
        match command:
            case ConnectAgent():
                return self._ring.connect(command)
            case Supervise() | SetSupervisionMode() | EndSupervision():
                return self._supervision.command(command)
            case TellPlace() | TellFacts() | LeaveQueue() | TellAnswer() | RaiseBanner():
                self._told(command, now)
            case EndContact(by):
                self._state.end("completed" if self._state.snapshot.answered_at else "failed", by, now)
            case CallCustomer():
                return self._outbound.begin(command, now)
            case AgentRefused():
                if (told := self._outward.refused(command)) is not None:
                    self._script.tell(told, now)
            case (
                HoldCustomer() | Consult() | Swap() | CancelConsult() | Confer() | CompleteTransfer()
                | TransferContact() | SendDigits()
            ):  # fmt: skip
                return self._control.command(command, now)
            case _:
                return Reply(False, f"a contact does not take {command.type}")
        return Reply(True)

    def _told(self, command: Told, now: float) -> None:
        queued = self._state.snapshot.phase == "queued"
        match command:
            case TellFacts(known, vip, told):
                queues = {name: QueueFacts(waiting, working) for name, waiting, working in told}
                self._script.tell(flow.FactsTold(known, vip, queues), now)
            case TellAnswer(article, text):
                self._script.tell(flow.KnowledgeTold(article, text), now)
            case RaiseBanner(name):
                self._script.tell(flow.BannerRaised(name), now)
            case TellPlace(ahead, low_s, high_s) if queued:
                self._script.tell(flow.PlaceTold(ahead, low_s, high_s), now)
            case LeaveQueue(reason) if queued:
                self._script.tell(flow.TurnedAway(reason), now)
