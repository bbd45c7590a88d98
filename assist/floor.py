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

from assist.alerts import ALERT_EVENTS
from assist.api.commands import AgentCommand, CallCommand
from assist.api.ports import Directory, StationLink, StationReport, StationVerb, SupervisorView
from assist.banners import Banners
from assist.board.orders import Orders
from assist.board.table import Board
from assist.board.today import COUNTED, Today, midnight
from assist.board.view import BoardView
from assist.call_desk import CallDesk
from assist.callers import StoreDirectory
from assist.cards import CardSettled
from assist.case_files import CaseFiles
from assist.casework import Case
from assist.content_shelf import ContentShelf
from assist.customers import Customers
from assist.desk_events import DESK_CONTROLS, RecogniserChanged
from assist.dispatch import Dispatch
from assist.due_calls import DueCalls, PromisedCallSettings
from assist.feed import Feed
from assist.journal import Journal
from assist.linked_stations import LinkedStations
from assist.log_writer import LogWriter
from assist.messages_left import MessageKept
from assist.one_hold import Holds
from assist.page_commands import PageCommands
from assist.pbx_contacts import PBX
from assist.pbx_stations import PbxStations
from assist.queue_news import QueueNews
from assist.recogniser_watch import RecogniserWatch
from assist.rewording import Wordsmith
from assist.store import Store
from assist.store.owed import Owed
from assist.supervised import Bridges
from assist.supervisors import Oversight, Supervisors
from assist.visits import Visits
from assist.vocabulary import EVENTS
from ivr.acd import Acd
from ivr.callback import RetryPolicy
from ivr.contacts import AgentStateChanged, ContactEnded, ContactSnapshot, FloorStarted
from ivr.outbound import OutboundReady
from ivr.supervision import BridgeClosed, BridgeOpened
from voice.bus.base import Bus
from voice.clock import Clock
from voice.commands import Reply
from voice.events import Envelope, Event, ServiceChanged, WorkerLost
from voice.settings import AgentSettings

log = logging.getLogger(__name__)

SETTLE_S = 1.0
MESSAGES_S = 7 * 86_400.0
"""Messages left longer ago are no longer alerts."""
VOTES_S = 90 * 86_400.0
"""What agents thought of an article longer ago does not move it."""


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
        self._feed = feed
        self._shelf = shelf
        self._words = RecogniserWatch(recogniser, self._tell, feed.publish_all)
        self._clock = clock
        self._agents = {agent.user: agent for agent in agents}
        for agent in agents:
            feed.add_agent(agent.user, agent.name)
        self._tasks: asyncio.TaskGroup | None = None
        self._writer: LogWriter | None = None
        self._unheard: set[str] = set()
        self._all_heard = asyncio.Event()
        self._oversight = oversight or Oversight()
        self._banners = banners
        customers = customers or Customers(store)
        self._journal = Journal(store, EVENTS, Owed(clock, back=self._stir_webhooks))
        self._dispatch = Dispatch(
            brain, bus, clock, agents, domain, StoreDirectory(store, vip, customers), shelf, self._spawn,
            self._agent_changed, reachable, retries,
        )  # fmt: skip
        self._due: DueCalls | None = None
        if promised is not None and promised.dial:
            self._due = DueCalls(promised, store, self._dispatch.outbound, clock, self._spawn)
        orders = Orders(self._agents, self._dispatch, bus, self._at_desk)
        today = Today(self._oversight.targets, ZoneInfo(self._oversight.report.zone))
        self._board = Board(
            agents, today, clock, self._dispatch.expected_wait, lambda: banners.raised if banners else "",
            orders.may_see,
        )  # fmt: skip
        self._news = QueueNews(agents, self._board.waiting, self._tell)
        self._cases = CaseFiles(
            bus, store, customers, self._journal, shelf, feed, clock, wordsmith, self._agents, self._tell,
            self._spawn, self._route, self._seen, self._recalled,
        )  # fmt: skip
        self._bridges = Bridges(bus, self._ask_station, domain, self._unreached, self._spawn)
        self._visits = Visits(
            self._agents, self._oversight.settings, self._bridges, clock, self._tell, self._cases.own,
            self._cases.get, self._spawn,
        )  # fmt: skip
        self._supervisors = Supervisors(
            bus, self._agents, self._oversight, shelf.content, self._bridges, self._visits, clock, self._tell,
            self._cases.own, self._board,
        )  # fmt: skip
        self._holds = Holds(lambda agent: feed.desk(agent).contact, self._ask_station, self._control, self._spawn)
        self._pbx = PbxStations(self._cases, clock, self._spawn)
        self._stations = LinkedStations(
            feed, self._dispatch, self._board, self._holds, self._pbx, self._supervises, self._spawn
        )
        self._orders = orders
        self._commands = PageCommands(
            bus, feed, self._dispatch, CallDesk(bus, self._dispatch, agents, domain), self._cases, self._stations,
            self._supervisors, orders, self._board, banners, self._supervises,
        )  # fmt: skip

    async def recall(self) -> None:
        """Remember in which states the last floor left agents, and which contacts it had; before ``run``."""
        now = self._clock.wall()
        self._dispatch.remember(await self._journal.states(now))
        self._dispatch.outbound.recall(await self._journal.open_promises(now), await self._journal.tried(now))
        self._unheard = await self._journal.open_contacts() - set(await self._journal.not_closed(PBX))
        await self._pbx.recall(self._journal)
        settled = await self._journal.between((CardSettled,), now - VOTES_S, now)
        self._shelf.voted(each.event for each in settled if isinstance(each.event, CardSettled))
        for envelope in await self._journal.between((MessageKept, *ALERT_EVENTS), now - MESSAGES_S, now):
            self._supervisors.alarms.recall_apart(envelope.contact_id or "", envelope.event)
        for event in self._supervisors.alarms.retold:
            self._board.recall("", event, now)
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
        self._news.stir()
        await self._bus.start()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for webhook in self._oversight.webhooks:
                    self._spawn(webhook.run())
                if self._due is not None:
                    self._spawn(self._due.run())
                writer = self._writer = LogWriter(self._journal, self._stirring(events.settle))
                self._spawn(writer.run())
                self._spawn(self._journal.owed.run())
                try:
                    async for batch in events.batches():
                        for envelope in batch:
                            writer.put(envelope, new=await self._act(envelope))
                finally:
                    await writer.flush()
                    await self._journal.owed.settle()
        finally:
            self._cases.close()
            self._news.close()
            self._pbx.close()
            self._supervisors.alarms.close()

    def _stirring(self, settle: Callable[[Sequence[Envelope]], None]) -> Callable[[Sequence[Envelope]], None]:
        """``settle``, and webhooks are told what is in the log now."""

        def written(done: Sequence[Envelope]) -> None:
            settle(done)
            for webhook in self._oversight.webhooks:
                webhook.stirred_by(each.event for each in done)

        return written

    def _stir_webhooks(self) -> None:
        for webhook in self._oversight.webhooks:
            webhook.stir()

    async def logged(self) -> None:
        """Wait until everything acted on so far is in the log."""
        if self._writer is not None:
            await self._writer.flush()

    def _announce(self) -> None:
        self._bus.publish(FloorStarted())

    # Events from the bus

    async def _act(self, envelope: Envelope) -> bool:
        """Act on one event; False for a repeat of what is logged."""
        received = self._clock.monotonic()
        if isinstance(envelope.event, OutboundReady) and self._bridges.ready(envelope.contact_id or "", envelope.event):
            return True  # a worker without a contact
        # The case first: folding it may find this very event in the log, whose acknowledgement died with a floor.
        case = await self._cases.of(envelope.contact_id, envelope) if envelope.contact_id is not None else None
        if not self._cases.is_new(envelope):
            return False
        if envelope.source != self._bus.source:
            await self._take(envelope, case, received)
        return True

    async def _take(self, envelope: Envelope, case: Case | None, received: float) -> None:
        match envelope.event:
            case WorkerLost(worker_id=worker_id):
                self._visits.worker_lost(worker_id)
                await self._cases.worker_lost(worker_id)
            case BridgeOpened() | BridgeClosed():
                self._bridges.heard(envelope.event)
            case ServiceChanged(name="transcription", up=up):
                self._words.service(up)
            case _ if case is not None:
                self._cases.handle(case, envelope, received)

    def _route(self, case: Case, event: Event) -> None:
        """Tell the ACD, supervisors and agents what concerns them of a contact."""
        self._news.stir()
        self._words.heard(case.agent, event)
        if isinstance(event, CardSettled):
            self._shelf.voted((event,))
        self._supervisors.heard(case, event)
        if case.worker_id != PBX:  # whose calls the queue knows nothing of
            self._dispatch.heard(case.contact_id, case.caller, event)
        if isinstance(event, ContactSnapshot | ContactEnded):
            self._unheard.discard(case.contact_id)
            if not self._unheard:
                self._all_heard.set()

    def _tell(self, agent: str, event: Event, contact_id: str | None = None, at: float | None = None) -> None:
        """Put an event on a desk; agents taken out of the settings meanwhile have none."""
        if agent in self._agents:
            self._feed.publish(agent, event, contact_id, at=at)
            if isinstance(event, DESK_CONTROLS):
                self._holds.told(agent)

    def _seen(self, contact_id: str, event: Event, at: float) -> None:
        """What supervisors are to know of a contact."""
        self._board.heard(contact_id, event, at)
        if isinstance(event, MessageKept):
            self._supervisors.alarms.message_left(contact_id, event)

    def _recalled(self, case: Case, event: Event, at: float) -> None:
        self._supervisors.recall(case, event, at)

    def _unreached(self, user: str, case: Case, code: int, reason: str) -> None:
        self._supervisors.unreached(user, case, code, reason)

    async def _ask_station(self, agent: str, verb: StationVerb, argument: str = "") -> Reply:
        return await self._stations.command(agent, verb, argument)

    async def _control(self, agent: str, command: CallCommand) -> Reply:
        return await self._commands.control(agent, command)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None
        self._tasks.create_task(work)

    def _agent_changed(self, state: AgentStateChanged) -> None:
        self._tell(state.agent, state)
        self._board.agent_state(state)
        self._stations.works(state.agent, state.state)
        self._words.agent_state(state)
        self._supervisors.alarms.agent_state(state)

    def _supervises(self, agent: str) -> bool:
        """A supervisor's station takes no contacts of its own."""
        known = self._agents.get(agent)
        return known is not None and known.role == "supervisor"

    def _at_desk(self, agent: str) -> str | None:
        contact = self._feed.desk(agent).contact
        return contact.id if contact is not None else None

    # FloorPort: what pages and stations say

    async def command(self, agent: str, command: AgentCommand) -> Reply:
        """See FloorPort."""
        return await self._commands.command(agent, command)

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

    def directory(self, agent: str) -> Directory:
        """See FloorPort."""
        return self._commands.call_desk.directory(agent)

    def station_connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """See FloorPort."""
        self._stations.connected(agent, report, link)

    def station_reported(self, agent: str, report: StationReport) -> None:
        """See FloorPort."""
        self._stations.reported(agent, report)

    def station_disconnected(self, agent: str) -> None:
        """See FloorPort."""
        self._stations.disconnected(agent)
