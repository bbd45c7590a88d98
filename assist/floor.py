"""The floor: ACD brain, casework, store, feed and web side in one process, composed around one event loop.

Flows in: events of workers and of the transcription server by the bus (durable, as the named subscriber ``floor``),
reports of stations and commands of agents by websocket. Flows out: commands to contacts, cards and states to pages.

What the floor knows of a contact is a fold over the event log; of agents and queue, over the snapshots that workers and
stations send when it starts. So it may be killed and started again while calls go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from assist import casework
from assist.alerts import ALERT_EVENTS
from assist.api.ports import (
    AcceptCard,
    AcknowledgeAlert,
    AgentCommand,
    Answer,
    CallCommand,
    CallNumber,
    Coach,
    Directory,
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
    StationLink,
    StationReport,
    StationVerb,
    SuperviseAs,
    SuperviseContact,
    SupervisorCommand,
    SupervisorView,
    TickStep,
    WrapUp,
)
from assist.banners import Banners
from assist.board.events import BOARD_EVENTS
from assist.board.orders import Orders
from assist.board.table import Board
from assist.board.today import COUNTED, Today, midnight
from assist.board.view import BoardView
from assist.call_desk import CallDesk
from assist.callers import StoreDirectory
from assist.cards import CARD_EVENTS, CardSettled, CardShown, CardUpdated, StepTicked
from assist.casework import Case, CaseEffect
from assist.coaching import COACHING_EVENTS, HandLowered, HandRaised
from assist.content_shelf import ContentShelf
from assist.customers import Customers
from assist.desk_events import DESK_CONTROLS, NoteSaved, RecogniserChanged, StationChanged, WrapUpSaved
from assist.dispatch import Dispatch
from assist.due_calls import DueCalls, PromisedCallSettings
from assist.feed import Feed
from assist.history import CustomerFound
from assist.journal import Journal
from assist.messages_left import MessageKept
from assist.one_hold import Holds
from assist.pbx_contacts import PBX, PbxContacts, at_station
from assist.quality.forms import QUALITY_EVENTS
from assist.rewording import SummaryWorded, Wordsmith
from assist.store import Store, StoreError
from assist.store.tasks import Tasks
from assist.summary import ContactSummary
from assist.supervisors import Oversight, Supervisors
from ivr.acd import Acd
from ivr.acd_messages import (
    MoreWrapUp,
    NotReady,
    Ready,
    StationDown,
    StationUp,
)
from ivr.callback import RetryPolicy
from ivr.contacts import (
    CONTACT_COMMANDS,
    CONTACT_EVENTS,
    AgentOffered,
    AgentStateChanged,
    CallbackRequested,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactSnapshot,
    FloorStarted,
)
from ivr.supervision import SUPERVISION_COMMANDS, SUPERVISION_EVENTS
from transcription.utterances import UTTERANCE_EVENTS
from voice.bus.base import Bus, Recent
from voice.claims import ClaimWorker
from voice.clock import Clock
from voice.commands import CommandCodec, Reply
from voice.events import VOICE_EVENTS, Envelope, Event, EventCodec, ServiceChanged, WorkerLost
from voice.front.trunks import is_number
from voice.settings import AgentSettings

log = logging.getLogger(__name__)

EVENTS = EventCodec(
    (
        *VOICE_EVENTS,
        *CONTACT_EVENTS,
        *SUPERVISION_EVENTS,
        *UTTERANCE_EVENTS,
        *CARD_EVENTS,
        *COACHING_EVENTS,
        *ALERT_EVENTS,
        *BOARD_EVENTS,
        *QUALITY_EVENTS,
        NoteSaved,
        WrapUpSaved,
        MessageKept,
        SummaryWorded,
    )
)
COMMANDS = CommandCodec((*CONTACT_COMMANDS, *SUPERVISION_COMMANDS, ClaimWorker))
SETTLE_S = 1.0
DO_NOT_DISTURB = "do not disturb"
"""The reason of an agent who wants nobody to ring."""
_TIMER_SLACK_S = 0.005
"""A timer may fire a moment early by the wall clock; this keeps it from being set again for nothing."""
VOTES_S = 90 * 86_400.0
"""What agents thought of an article longer ago does not move it."""
KEPT_CASES = 1000
"""Ended contacts whose case stays in memory for words and commands that come late."""


class Floor:
    """See the module docstring; also the web side's ``FloorPort``. Belongs to one event loop."""

    def __init__(
        self, bus: Bus, store: Store, feed: Feed, brain: Acd, shelf: ContentShelf, recogniser: RecogniserChanged,
        agents: Sequence[AgentSettings], domain: str, clock: Clock, vip: Sequence[str] = (),
        oversight: Oversight | None = None, banners: Banners | None = None,
        reachable: Callable[[str], bool] = lambda number: False, retries: RetryPolicy | None = None,
        promised: PromisedCallSettings | None = None,
        customers: Customers | None = None,
        wordsmith: Wordsmith | None = None,
    ) -> None:  # fmt: skip
        self._bus = bus
        self._store = store
        self._customers = customers or Customers(store)
        self._journal = Journal(store, EVENTS)
        self._feed = feed
        self._dispatch = Dispatch(
            brain, bus, clock, agents, domain, StoreDirectory(store, vip, self._customers), shelf, self._spawn,
            self._agent_changed, reachable, retries,
        )  # fmt: skip
        self._due: DueCalls | None = None
        if promised is not None and promised.dial:
            self._due = DueCalls(promised, store, self._dispatch.outbound, clock, self._spawn)
        self._call_desk = CallDesk(bus, self._dispatch, agents, domain)
        self._holds = Holds(lambda agent: feed.desk(agent).contact, self._to_station, self._control, self._spawn)
        self._shelf = shelf
        self._wordsmith = wordsmith
        self._banners = banners
        self._recogniser = recogniser
        self._clock = clock
        self._agents = {agent.user: agent for agent in agents}
        for agent in agents:
            feed.add_agent(agent.user, agent.name)
        self._waits: dict[str, asyncio.TimerHandle] = {}
        self._cases: dict[str, Case] = {}
        self._logged = Recent(100_000)
        self._lost = Recent(1000)
        self._links: dict[str, StationLink] = {}
        self._reports: dict[str, StationReport] = {}
        self._pbx: dict[str, PbxContacts] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._unheard: set[str] = set()
        self._all_heard = asyncio.Event()
        self._oversight = oversight or Oversight()
        self._orders = Orders(self._agents, self._dispatch, bus, self._at_desk)
        today = Today(self._oversight.report.targets, ZoneInfo(self._oversight.report.zone))
        self._board = Board(
            agents, today, clock, self._dispatch.expected_wait, lambda: banners.raised if banners else "",
            self._orders.may_see,
        )  # fmt: skip
        self._supervisors = Supervisors(
            bus, self._agents, self._oversight, shelf.content, domain, clock, self._tell, self._own,
            self._cases.get, self._spawn, self._board,
        )  # fmt: skip

    async def recall(self) -> None:
        """Remember in which states the last floor left agents, and which contacts it had; before ``run``."""
        self._dispatch.remember(await self._journal.states(self._clock.wall()))
        self._dispatch.outbound.recall(await self._journal.open_promises(self._clock.wall()))
        self._unheard = await self._journal.open_contacts()
        settled = await self._journal.between((CardSettled,), self._clock.wall() - VOTES_S, self._clock.wall())
        self._shelf.voted(each.event for each in settled if isinstance(each.event, CardSettled))
        now = self._clock.wall()
        for envelope in await self._journal.between(COUNTED, midnight(now, ZoneInfo(self._oversight.report.zone)), now):
            self._board.counted(envelope.contact_id or "", envelope.event, envelope.at)

    async def settle(self) -> None:
        """Wait until every contact of the last floor has said how it stands, at most SETTLE_S. Only then let stations
        in: an agent who seems free because her contact was not heard yet would be offered another one.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._bus.connected()
                if self._unheard:
                    await self._all_heard.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        events = self._bus.subscribe("*", durable="floor", limit=10_000)
        self._bus.on_connected(self._announce)
        await self._bus.start()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                if self._oversight.webhook is not None:
                    self._spawn(self._oversight.webhook.run())
                if self._due is not None:
                    self._spawn(self._due.run())
                async for batch in events.batches():
                    await self._receive(batch)
        finally:
            self._supervisors.alarms.close()

    def _announce(self) -> None:
        self._bus.publish(FloorStarted())

    # Events from the bus

    async def _receive(self, batch: Sequence[Envelope]) -> None:
        """What came in: act on each first, then log what is durable, together: the disk delays no card. The bus learns
        that they are handled after that.
        """
        fresh = [envelope for envelope in batch if await self._act(envelope)]
        await self._journal.append([envelope for envelope in fresh if envelope.event.durable])

    async def _act(self, envelope: Envelope) -> bool:
        """Act on one event; False for a repeat of what is logged."""
        received = self._clock.monotonic()
        # The case first: folding it may find this very event in the log, whose acknowledgement died with a floor.
        case = await self._case(envelope.contact_id) if envelope.contact_id is not None else None
        if envelope.event.durable and not self._logged.add(envelope.id):
            return False
        if envelope.source != self._bus.source:
            await self._take(envelope, case, received)
        return True

    async def _take(self, envelope: Envelope, case: Case | None, received: float) -> None:
        match envelope.event:
            case WorkerLost():
                await self._worker_lost(envelope.event)
            case ServiceChanged():
                self._service_changed(envelope.event)
            case _ if case is not None:
                self._perform(case, case.handle(envelope), received)
                if case.worker_id in self._lost and not case.ended:
                    self._end_lost(case)  # its last words, from its spool, came after the news of its death
                self._route(case, envelope.event)

    async def _case(self, contact_id: str) -> Case:
        """The case of a contact; one from before this floor started is folded from the log."""
        case = self._cases.get(contact_id)
        if case is None:
            case = await self._folded(contact_id)
            self._cases[contact_id] = case
            self._forget_old_cases()
            self._spawn(self._shelf.refresh())
        return case

    async def _folded(self, contact_id: str) -> Case:
        """A case as the log tells it. Desks are told at the times things happened; nothing is published again."""
        case, told = Case(contact_id, self._shelf.content, self._shelf.votes), list[tuple[casework.Tell, float]]()
        for envelope in await self._journal.of_contact(contact_id):
            self._logged.add(envelope.id)
            self._supervisors.recall(case, envelope.event, envelope.at)
            for effect in await self._with_customer(case, case.handle(envelope), envelope.at):
                if isinstance(effect, casework.Tell):
                    told.append((effect, envelope.at))
        for tell, at in told:
            if self._still_concerns(case, tell):
                self._tell(tell.agent, tell.event, contact_id, at)
        return case

    async def _with_customer(self, case: Case, effects: tuple[CaseEffect, ...], at: float) -> tuple[CaseEffect, ...]:
        """Look-ups answered on the spot: what the agent did with the history card comes later in the log."""
        for effect in effects:
            if isinstance(effect, casework.LookUp) and (found := await self._customer(effect.number)) is not None:
                effects += case.customer_found(found, at)
        return effects

    def _still_concerns(self, case: Case, tell: casework.Tell) -> bool:
        """What an agent was told who no longer has the contact must not take the present one off the desk."""
        if tell.agent not in self._agents:
            return False
        present = self._feed.desk(tell.agent).contact
        if tell.agent not in (case.agent, case.guest):
            return False
        return not case.ended or present is None or present.id == case.contact_id

    def _forget_old_cases(self) -> None:
        for contact_id in [key for key, case in self._cases.items() if case.ended][:-KEPT_CASES]:
            del self._cases[contact_id]

    async def _worker_lost(self, event: WorkerLost) -> None:
        case = next((case for case in self._cases.values() if case.worker_id == event.worker_id), None)
        if case is None:  # lost while no floor was there to know its contact
            contact_id = await self._journal.contact_of(event.worker_id)
            case = await self._case(contact_id) if contact_id is not None else None
        self._lost.add(event.worker_id)
        if case is not None and not case.ended:
            self._end_lost(case)

    def _end_lost(self, case: Case) -> None:
        now = self._clock.wall()
        lasted, talked = (now - since if since else 0.0 for since in (case.offered_at, case.answered_at))
        if case.queue and is_number(case.caller):  # it was our fault: we call, and the place in the queue is kept
            self._own(CallbackRequested(case.caller, case.queue, case.priority, case.offered_at), case)
        self._own(ContactEnded("worker_lost", "system", lasted, talked), case)

    def _service_changed(self, event: ServiceChanged) -> None:
        if event.name == "transcription":
            self._feed.publish_all(replace(self._recogniser, state="up" if event.up else "down"))

    # Effects of casework

    def _own(self, event: Event, case: Case) -> None:
        """Something that happened here: tell the bus, and handle it as if it had come from there."""
        received = self._clock.monotonic()
        envelope = self._bus.publish(event, contact_id=case.contact_id)
        self._perform(case, case.handle(envelope), received)
        self._route(case, event)

    def _perform(self, case: Case, effects: tuple[CaseEffect, ...], received: float) -> None:
        for effect in effects:
            match effect:
                case casework.Tell(agent, event):
                    self._tell(agent, self._stamped(event, received), case.contact_id)
                case casework.Emit(event):
                    self._bus.publish(self._stamped(event, received), contact_id=case.contact_id)
                    self._board.heard(case.contact_id, event, self._clock.wall())
                case casework.LookUp(number):
                    self._spawn(self._look_up(case, number))
                case casework.Keep(summary):
                    self._spawn(self._keep(summary))
                    if self._wordsmith is not None:
                        self._spawn(self._word(self._wordsmith, case, summary))
                case casework.OpenTask(customer_id, title, at):
                    self._spawn(self._open_task(customer_id, title, at))
        self._wait_for(case)

    def _wait_for(self, case: Case) -> None:
        """A timer for when the case has something to say though nobody speaks."""
        if (timer := self._waits.pop(case.contact_id, None)) is not None:
            timer.cancel()
        if (due := case.next_due()) is not None and self._tasks is not None:
            wait = max(0.0, due - self._clock.wall()) + _TIMER_SLACK_S
            self._waits[case.contact_id] = asyncio.get_running_loop().call_later(wait, self._time_passed, case)

    def _time_passed(self, case: Case) -> None:
        self._perform(case, case.time_passed(self._clock.wall()), self._clock.monotonic())

    def _tell(self, agent: str, event: Event, contact_id: str | None = None, at: float | None = None) -> None:
        """Put an event on a desk; agents taken out of the settings meanwhile have none."""
        if agent in self._agents:
            self._feed.publish(agent, event, contact_id, at=at)
            if isinstance(event, DESK_CONTROLS):
                self._holds.told(agent)

    def _stamped(self, event: Event, received: float) -> Event:
        if isinstance(event, CardShown | CardUpdated):
            return replace(event, latency_ms=round(1000 * (self._clock.monotonic() - received), 3))
        return event

    async def _look_up(self, case: Case, number: str) -> None:
        received = self._clock.monotonic()
        found = await self._customer(number)
        if found is not None:
            self._perform(case, case.customer_found(found, self._clock.wall()), received)

    async def _customer(self, number: str) -> CustomerFound | None:
        try:
            return await self._customers.look_up(number)
        except StoreError as error:
            log.error("customer %s cannot be looked up: %s", number, error)
            return None

    async def _keep(self, summary: ContactSummary) -> None:
        try:
            await self._store.record_contact(summary)
        except StoreError as error:
            log.error("the summary of contact %s is not kept: %s", summary.contact_id, error)

    async def _word(self, wordsmith: Wordsmith, case: Case, summary: ContactSummary) -> None:
        worded = await wordsmith.word(summary, case.said())
        if worded is not None:
            self._own(worded, case)

    async def _open_task(self, customer_id: int, title: str, at: float) -> None:
        try:
            await Tasks(self._store).open_issue(customer_id, title, at)
        except StoreError as error:
            log.error("the task %r of customer %d is not kept: %s", title, customer_id, error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None
        self._tasks.create_task(work)

    # Routing

    def _route(self, case: Case, event: Event) -> None:
        """Tell the ACD, and supervisors, what concerns them."""
        if isinstance(event, CardSettled):
            self._shelf.voted((event,))
        self._supervisors.heard(case, event)
        self._dispatch.heard(case.contact_id, case.caller, event)
        if isinstance(event, ContactSnapshot | ContactEnded):
            self._unheard.discard(case.contact_id)
            if not self._unheard:
                self._all_heard.set()

    # FloorPort: what pages and stations say

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
                self._dispatch.decide(MoreWrapUp(agent))
                return Reply(True)
            case SetState() | DoNotDisturb():
                return await self._presence(agent, command)
            case WrapUp():
                return self._wrap_up(agent, command)
            case SetBanner(name):
                return await self._set_banner(agent, name)
            case ForceState() | GiveContact():
                return self._orders.command(agent, command)
            case Note(contact_id, text):
                return self._on_case(contact_id, agent, NoteSaved(text))
        if isinstance(command, CallNumber):
            return await self._call_desk.call(agent, command.number)
        if isinstance(command, CallCommand):
            return await self._control(agent, command)
        contact = self._feed.desk(agent).contact
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
        report = self._reports.get(agent)
        quiet = report is not None and report.do_not_disturb
        match command:
            case SetState("ready"):
                if quiet and not (reply := await self._to_station(agent, "dnd_off")).ok:
                    return reply
                self._dispatch.decide(Ready(agent))
            case SetState(_, reason):
                self._dispatch.decide(NotReady(agent, reason))
            case DoNotDisturb(on):
                if on:  # first: a contact offered meanwhile would be refused, and count as not answered
                    self._dispatch.decide(NotReady(agent, DO_NOT_DISTURB))
                return await self._to_station(agent, "dnd_on" if on else "dnd_off")
        return Reply(True)

    def _wrap_up(self, agent: str, command: WrapUp) -> Reply:
        """Also of an agent who has passed the contact on: her part of it is hers to wrap up."""
        case = self._cases.get(command.contact_id)
        if case is None or agent not in case.drafts:
            return Reply(False, "this is not a contact of yours that is over")
        self._own(
            WrapUpSaved(
                agent, command.text, command.disposition, command.resolved, command.tasks, command.confirmed
            ), case,
        )  # fmt: skip
        return Reply(True)

    async def _control(self, agent: str, command: CallCommand) -> Reply:
        contact = self._feed.desk(agent).contact
        case = self._cases.get(contact.id) if contact is not None else None
        if case is None or case.agent != agent or case.ended:
            return Reply(False, "you have no contact")
        if case.worker_id == PBX:
            return await self._to_station(agent, *at_station(command))
        return await self._call_desk.command(agent, case.contact_id, command)

    async def _at_station(self, agent: str, command: Answer | HangUp | Mute) -> Reply:
        match command:
            case Answer():
                return await self._to_station(agent, "answer")
            case HangUp():
                return await self._to_station(agent, "hang_up")
            case Mute(muted):
                return await self._to_station(agent, "mute" if muted else "unmute")

    async def _for_supervisors(self, user: str, command: AcknowledgeAlert | RaiseHand | SupervisorCommand) -> Reply:
        match command:
            case AcknowledgeAlert(alert_id):
                return self._supervisors.acknowledge(user, alert_id)
            case RaiseHand(contact_id, text):
                return self._on_case(contact_id, user, HandRaised(user, text))
            case LowerHand(contact_id) if not self._supervises(user):
                return self._on_case(contact_id, user, HandLowered(user, user))
            case _:
                return await self._supervisors.command(user, command, self._cases.get(command.contact_id))

    async def _set_banner(self, supervisor: str, name: str) -> Reply:
        if self._banners is None or not self._supervises(supervisor):
            return Reply(False, "only a supervisor may do this")
        running = [contact_id for contact_id, case in self._cases.items() if not case.ended]
        reply = await self._banners.change(name, supervisor, self._bus.publish, running, self._dispatch.ask)
        self._board.banner_changed()
        return reply

    def _on_case(self, contact_id: str, agent: str, event: Event) -> Reply:
        case = self._cases.get(contact_id)
        if case is None or case.agent != agent:
            return Reply(False, "this is not your contact")
        self._own(event, case)
        return Reply(True)

    async def _to_station(self, agent: str, verb: StationVerb, argument: str = "") -> Reply:
        link = self._links.get(agent)
        if link is None:
            return Reply(False, "your softphone is not connected")
        return await link.command(verb, argument=argument)

    def _supervises(self, agent: str) -> bool:
        """A supervisor's station takes no contacts of its own."""
        known = self._agents.get(agent)
        return known is not None and known.role == "supervisor"

    def _agent_changed(self, state: AgentStateChanged) -> None:
        self._tell(state.agent, state)
        self._board.agent_state(state)
        self._supervisors.alarms.agent_state(state)

    async def supervisor_view(self, user: str) -> SupervisorView:
        """See FloorPort."""
        banners = await self._banners.known() if self._banners is not None else ()
        return replace(self._supervisors.view(user), banners=banners)

    def open_board(self, user: str) -> BoardView:
        """See FloorPort."""
        return self._board.open(user)

    def watch_desk(self, user: str, agent: str) -> str:
        """See FloorPort."""
        return self._orders.watch(user, agent)

    def _at_desk(self, agent: str) -> str | None:
        contact = self._feed.desk(agent).contact
        return contact.id if contact is not None else None

    def directory(self, agent: str) -> Directory:
        """See FloorPort."""
        return self._call_desk.directory(agent)

    def page_opened(self, agent: str) -> None:
        """See FloorPort."""

    def page_closed(self, agent: str) -> None:
        """See FloorPort."""

    def station_connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """See FloorPort."""
        self._links[agent] = link
        if not self._supervises(agent):
            self._dispatch.log_in(agent)
        self.station_reported(agent, report)

    def station_reported(self, agent: str, report: StationReport) -> None:
        """See FloorPort."""
        known = self._reports.get(agent)
        self._reports[agent] = report
        self._feed.publish(
            agent,
            StationChanged(
                True, report.registered, report.muted, report.mute_lock, report.headset, report.mos,
                report.do_not_disturb,
            ),
        )  # fmt: skip
        if self._supervises(agent):
            return
        self._board.station(agent, report.registered)
        if happened := self._pbx.setdefault(agent, PbxContacts(agent)).reported(report.lines, self._clock.wall()):
            self._spawn(self._at_pbx(happened))
        self._holds.reported(agent, report)
        if known is None or known.reachable != report.reachable:
            self._dispatch.decide(StationUp(agent) if report.reachable else StationDown(agent))

    async def _at_pbx(self, happened: Sequence[tuple[str, Event]]) -> None:
        """What happened to contacts that only a station knows. The queue is not told: they are none of its own."""
        for contact_id, event in happened:
            case = await self._case(contact_id)
            if case.answered_at and isinstance(event, ContactOffered | AgentOffered | ContactAnswered):
                continue  # known to the floor before this one
            received = self._clock.monotonic()
            envelope = self._bus.publish(event, contact_id=contact_id)
            self._board.heard(contact_id, event, envelope.at)
            self._perform(case, case.handle(envelope), received)

    def station_disconnected(self, agent: str) -> None:
        """See FloorPort."""
        self._links.pop(agent, None)
        self._reports.pop(agent, None)
        self._holds.lost(agent)
        self._feed.publish(agent, StationChanged(False))
        self._board.station(agent, False)
        if not self._supervises(agent):
            self._dispatch.station_lost(agent)
