"""A floor that knows one agent and one scripted contact: for the web side's tests and for looking at the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from assist.api.commands import (
    AcceptCard,
    AgentCommand,
    Answer,
    CancelConsult,
    ChooseCustomer,
    ConsultWith,
    DismissCard,
    DoNotDisturb,
    HangUp,
    Hold,
    LowerHand,
    Mute,
    Note,
    RaiseHand,
    SetState,
    TickStep,
    WrapUp,
)
from assist.api.ports import Colleague, Directory, StationLink, StationReport, SupervisorView
from assist.board.table import Board
from assist.board.today import Today
from assist.board.view import BoardView
from assist.cards import CardSettled, CardUpdated
from assist.coaching import HandLowered, HandRaised
from assist.desk_events import CustomerIdentified, NoteSaved, StationChanged, WrapUpSaved
from assist.feed import Feed
from assist.metrics.targets import Targets
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactEnded
from ivr.controls import ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from tests.fakes import board_script
from tests.fakes import contact_script as script
from voice.clock import Clock
from voice.commands import Reply
from voice.events import Event
from voice.settings import AgentSettings

STAFF = (
    AgentSettings(user=script.AGENT, name="Anna Kovacs", secret=script.SECRET, queues=("billing", "support")),
    AgentSettings(user="ben", name="Ben Okafor", secret=script.SECRET, queues=("billing",)),
    AgentSettings(user="sara", name="Sara Lind", secret=script.SECRET, role="supervisor"),
)


class FakeFloor:
    """A FloorPort that remembers what it was asked and answers as a floor would, through the feed."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self.feed = feed
        self.clock = clock
        self.commands: list[AgentCommand] = []
        self.seen: list[str] = []
        self.link: StationLink | None = None
        self.view = SupervisorView()
        today = Today(Targets(), ZoneInfo("UTC"))
        staff = (*STAFF, *board_script.STAFF)
        self.board = Board(
            staff, today, clock, lambda queue: None, lambda: self.obedient.banner, lambda user, agent: True
        )
        self.obedient = board_script.Obedient(self.board, feed)
        self.refuse = ""
        self._stirred = asyncio.Event()
        feed.add_agent(script.AGENT, "Anna Kovacs")
        feed.add_agent("ben", "Ben Okafor")
        feed.add_agent("sara", "Sara Lind")

    def tell(self, event: Event, contact_id: str | None = None, at: float | None = None) -> int:
        """Publish to the scripted agent."""
        return self.feed.publish(script.AGENT, event, contact_id, at=at)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds, looking each time the web side calls this floor."""
        while not condition():
            self._stirred.clear()
            await self._stirred.wait()

    def _saw(self, what: str) -> None:
        self.seen.append(what)
        self._stirred.set()

    async def command(self, agent: str, command: AgentCommand) -> Reply:
        """See FloorPort."""
        self.commands.append(command)
        if self.refuse:
            return Reply(False, self.refuse)
        self.obedient.do(agent, command, self.clock.wall())
        now, contact = self.clock.wall(), self.feed.desk(agent).contact
        contact_id = contact.id if contact else None
        match command:
            case Answer():
                self.tell(AgentStateChanged(agent, "TALKING", "", now))
                self.tell(ContactAnswered(agent, "lease-1", 9.0), contact_id)
            case HangUp():
                self.tell(AgentStateChanged(agent, "WRAPUP", "", now))
                self.tell(ContactEnded("completed", "agent", 84.0, 60.0), contact_id)
            case Mute(muted):
                self.tell(replace(self.feed.desk(agent).station, muted=muted))
            case SetState(state, reason):
                self.tell(AgentStateChanged(agent, "AVAILABLE" if state == "ready" else "NOT_READY", reason, now))
            case Hold(on):
                self.tell(HoldChanged(agent, on), contact_id)
            case ConsultWith(kind, to):
                self.tell(ConsultStarted(agent, kind, to, ""), contact_id)
                self.tell(ConsultAnswered(agent, to), contact_id)
            case CancelConsult():
                self.tell(ConsultEnded(agent, "agent", "ben", "cancelled"), contact_id)
            case AcceptCard(card_id):
                self.tell(CardSettled(agent, card_id, "accepted"), contact_id)
            case DismissCard(card_id):
                self.tell(CardSettled(agent, card_id, "dismissed"), contact_id)
            case TickStep():
                return self._tick(agent, command)
            case Note(note_contact, text):
                self.tell(NoteSaved(text), note_contact)
            case WrapUp(about, text, disposition, resolved, tasks, confirmed):
                self.tell(WrapUpSaved(agent, text, disposition, resolved, tasks, confirmed), about)
            case DoNotDisturb(on):
                self.tell(AgentStateChanged(agent, "NOT_READY", "do not disturb", now))
                self.tell(replace(self.feed.desk(agent).station, do_not_disturb=on))
            case ChooseCustomer(about):
                self.tell(CustomerIdentified(script.MARIA), about)
            case RaiseHand(about):
                self.tell(HandRaised(agent, ""), about)
            case LowerHand(about):
                self.tell(HandLowered(agent, agent), about)
        return Reply(True)

    def _tick(self, agent: str, tick: TickStep) -> Reply:
        contact = self.feed.desk(agent).contact
        for entry in contact.cards if contact else ():
            if entry.card.id == tick.card_id and contact:
                steps = tuple(
                    replace(step, done=tick.done) if step.id == tick.step_id else step for step in entry.card.steps
                )
                self.tell(CardUpdated(agent, replace(entry.card, steps=steps), 0.3), contact.id)
                return Reply(True)
        return Reply(False, "no such card")

    def directory(self, agent: str) -> Directory:
        """See FloorPort."""
        return Directory(
            (Colleague("ben", "Ben Okafor", "AVAILABLE", ("billing",)), Colleague("cora", "Cora Diaz", "TALKING")),
            ("billing", "support"), ("+1",),
        )  # fmt: skip

    async def supervisor_view(self, user: str) -> SupervisorView:
        """See FloorPort."""
        return self.view

    def open_board(self, user: str) -> BoardView:
        """See FloorPort."""
        return self.board.open(user)

    def watch_desk(self, user: str, agent: str) -> str:
        """See FloorPort."""
        return "" if user == "sara" else "only a supervisor may do this"

    def station_connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """See FloorPort."""
        self.link = link
        self.station_reported(agent, report)
        self._saw(f"station_connected {agent}")

    def station_reported(self, agent: str, report: StationReport) -> None:
        """See FloorPort."""
        self.feed.publish(
            agent, StationChanged(True, report.registered, report.muted, report.mute_lock, report.headset)
        )
        self._stirred.set()

    def station_disconnected(self, agent: str) -> None:
        """See FloorPort."""
        self.link = None
        self.feed.publish(agent, StationChanged(False))
        self._saw(f"station_disconnected {agent}")


class Performance:
    """The scripted contact, told step by step; ``until`` stops after the step that bears the mark."""

    def __init__(self, floor: FakeFloor, zero: float) -> None:
        self._floor = floor
        self._zero = zero
        self._steps: Iterator[tuple[float, str, Event]] = script.steps(zero)

    def prepare(self) -> None:
        """The agent is ready, station and recogniser are up."""
        self._floor.tell(script.STATION)
        self._floor.tell(script.RECOGNISER)
        self._floor.tell(AgentStateChanged(script.AGENT, "AVAILABLE", "", self._zero - 40.0))

    def until(self, mark: str) -> None:
        """Tell everything up to and including ``mark``, at once."""
        for second, name, event in self._steps:
            self._floor.tell(event, script.CONTACT, self._zero + second)
            if name == mark:
                return
        raise ValueError(f"no mark {mark!r} lies ahead")

    async def play(self, speed: float = 1.0) -> None:
        """Tell the rest in its own time."""
        now = None
        for second, _, event in self._steps:
            await self._floor.clock.sleep(max(0.0, second - (second if now is None else now)) / speed)
            now = second
            self._floor.tell(event, script.CONTACT)
