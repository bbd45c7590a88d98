"""What agents and supervisors ask for on their pages, and who carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assist.api.commands import (
    AcceptCard,
    AcknowledgeAlert,
    AgentCommand,
    Answer,
    CallCommand,
    CallNumber,
    ChooseCustomer,
    Coach,
    DismissCard,
    DoNotDisturb,
    ForceState,
    GiveContact,
    HangUp,
    LeaveContact,
    LowerHand,
    MoreTime,
    Mute,
    Note,
    RaiseHand,
    SetBanner,
    SetState,
    SuperviseAs,
    SuperviseContact,
    SupervisorCommand,
    TickStep,
    WrapUp,
)
from assist.banners import Banners
from assist.board.orders import Orders
from assist.board.table import Board
from assist.call_desk import CallDesk
from assist.cards import CardSettled, StepTicked
from assist.case_files import CaseFiles
from assist.coaching import HandLowered, HandRaised
from assist.desk_events import CustomerChosen, LateNoteSaved, NoteSaved, WrapUpSaved
from assist.dispatch import Dispatch
from assist.feed import Feed
from assist.linked_stations import LinkedStations
from assist.pbx_contacts import PBX, at_station
from assist.supervisors import Supervisors
from ivr.acd_messages import MoreWrapUp, NotReady, Ready
from voice.bus.base import Bus
from voice.commands import Reply
from voice.events import Event

DO_NOT_DISTURB = "do not disturb"
"""The reason of an agent who wants nobody to ring."""


@dataclass(frozen=True, slots=True)
class PageCommands:
    """``supervises``: who may do what only supervisors may."""

    bus: Bus
    feed: Feed
    dispatch: Dispatch
    call_desk: CallDesk
    cases: CaseFiles
    stations: LinkedStations
    supervisors: Supervisors
    orders: Orders
    board: Board
    banners: Banners | None
    supervises: Callable[[str], bool]

    async def command(self, agent: str, command: AgentCommand) -> Reply:
        """See FloorPort."""
        match command:
            case Answer() | HangUp() | Mute():
                return await self._at_station(agent, command)
            case (
                AcknowledgeAlert() | RaiseHand() | LowerHand() | SuperviseContact() | SuperviseAs() | LeaveContact()
                | Coach()
            ):  # fmt: skip
                return await self._for_supervisors(agent, command)
            case MoreTime():
                self.dispatch.decide(MoreWrapUp(agent))
                return Reply(True)
            case SetState() | DoNotDisturb():
                return await self._presence(agent, command)
            case WrapUp():
                return self._wrap_up(agent, command)
            case SetBanner(name):
                return await self._set_banner(agent, name)
            case ForceState() | GiveContact():
                return self.orders.command(agent, command)
            case Note(contact_id, text):
                return self._note(contact_id, agent, text)
            case ChooseCustomer(contact_id, customer_id):
                return self._choose(contact_id, agent, customer_id)
        if isinstance(command, CallNumber):
            return await self.call_desk.call(agent, command.number)
        if isinstance(command, CallCommand):
            return await self.control(agent, command)
        return self._on_card(agent, command)

    def _on_card(self, agent: str, command: AcceptCard | DismissCard | TickStep) -> Reply:
        contact = self.feed.desk(agent).contact
        if contact is None or not any(entry.card.id == command.card_id for entry in contact.cards):
            return Reply(False, "there is no such card")
        match command:
            case AcceptCard(card_id):
                return self._on_case(contact.id, agent, CardSettled(agent, card_id, "accepted"))
            case DismissCard(card_id):
                return self._on_case(contact.id, agent, CardSettled(agent, card_id, "dismissed"))
            case TickStep(card_id, step_id, done):
                return self._on_case(contact.id, agent, StepTicked(agent, card_id, step_id, done))

    async def _presence(self, agent: str, command: SetState | DoNotDisturb) -> Reply:
        report = self.stations.report(agent)
        quiet = report is not None and report.do_not_disturb
        match command:
            case SetState("ready"):
                if quiet and not (reply := await self.stations.command(agent, "dnd_off")).ok:
                    return reply
                self.dispatch.decide(Ready(agent))
            case SetState(_, reason):
                self.dispatch.decide(NotReady(agent, reason))
            case DoNotDisturb(on):
                if on:  # first: a contact offered meanwhile would be refused, and count as not answered
                    self.dispatch.decide(NotReady(agent, DO_NOT_DISTURB))
                return await self.stations.command(agent, "dnd_on" if on else "dnd_off")
        return Reply(True)

    def _wrap_up(self, agent: str, command: WrapUp) -> Reply:
        """Also of an agent who has passed the contact on: her part of it is hers to wrap up."""
        case = self.cases.get(command.contact_id)
        if case is None or agent not in case.drafts:
            return Reply(False, "this is not a contact of yours that is over")
        self.cases.own(
            WrapUpSaved(
                agent, command.text, command.disposition, command.resolved, command.tasks, command.confirmed
            ), case,
        )  # fmt: skip
        return Reply(True)

    async def control(self, agent: str, command: CallCommand) -> Reply:
        """Ask it of the call on the agent's desk: of its worker, or of the station that alone has it."""
        contact = self.feed.desk(agent).contact
        case = self.cases.get(contact.id) if contact is not None else None
        if case is None or case.agent != agent or case.ended:
            return Reply(False, "you have no contact")
        if case.worker_id == PBX:
            return await self.stations.command(agent, *at_station(command))
        return await self.call_desk.command(agent, case.contact_id, command)

    async def _at_station(self, agent: str, command: Answer | HangUp | Mute) -> Reply:
        match command:
            case Answer():
                return await self.stations.command(agent, "answer")
            case HangUp():
                return await self.stations.command(agent, "hang_up")
            case Mute(muted):
                return await self.stations.command(agent, "mute" if muted else "unmute")

    async def _for_supervisors(self, user: str, command: AcknowledgeAlert | RaiseHand | SupervisorCommand) -> Reply:
        match command:
            case AcknowledgeAlert(alert_id):
                return self.supervisors.acknowledge(user, alert_id)
            case RaiseHand(contact_id, text):
                return self._on_case(contact_id, user, HandRaised(user, text))
            case LowerHand(contact_id) if not self.supervises(user):
                return self._on_case(contact_id, user, HandLowered(user, user))
            case _:
                return await self.supervisors.command(user, command, self.cases.get(command.contact_id))

    async def _set_banner(self, supervisor: str, name: str) -> Reply:
        if self.banners is None or not self.supervises(supervisor):
            return Reply(False, "only a supervisor may do this")
        running = [case.contact_id for case in self.cases.running()]
        reply = await self.banners.change(name, supervisor, self.bus.publish, running, self.dispatch.ask)
        self.board.banner_changed()
        return reply

    def _choose(self, contact_id: str, agent: str, customer_id: int) -> Reply:
        case = self.cases.get(contact_id)
        if case is None or not case.may_be(customer_id):
            return Reply(False, "the caller's number is not this customer's")
        return self._on_case(contact_id, agent, CustomerChosen(agent, customer_id))

    def _note(self, contact_id: str, agent: str, text: str) -> Reply:
        """Also of an agent who has passed the contact on: what she still writes is for the colleague."""
        case = self.cases.get(contact_id)
        if case is not None and case.agent != agent and agent in case.drafts:
            self.cases.own(LateNoteSaved(agent, text), case)
            return Reply(True)
        return self._on_case(contact_id, agent, NoteSaved(text))

    def _on_case(self, contact_id: str, agent: str, event: Event) -> Reply:
        case = self.cases.get(contact_id)
        if case is None or case.agent != agent:
            return Reply(False, "this is not your contact")
        self.cases.own(event, case)
        return Reply(True)
