"""The board as it is now: tables of rows, brought up to date by what happens. Belongs to one event loop.

Queue rows follow from the others, so they are counted again when a board is told and something mattered,
not at each event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from assist.alerts import AlertAcknowledged, AlertCleared, AlertRaised
from assist.board.contact import BoardContact
from assist.board.rows import AgentRow, AlertRow, ContactRow, QueueRow, Row
from assist.board.today import Today
from assist.board.view import BoardView, Key, Shown
from assist.metrics.service import abandon_rate, service_level
from ivr.agents import AgentState
from ivr.contacts import AgentStateChanged, ContactEnded, ContactOffered, ContactSnapshot
from ivr.estimate import Wait
from voice.clock import Clock
from voice.events import Event
from voice.settings import AgentSettings

_AWAY = frozenset({AgentState.OFFLINE, AgentState.NOT_READY, AgentState.NOT_RESPONDING})


class Board:
    """``expected``: what one who joined a queue now would wait; ``banner``: the
    notice callers hear first; ``may_see``: whether a user may see what is about an agent (empty: nobody's yet).
    """

    def __init__(
        self, agents: Iterable[AgentSettings], today: Today, clock: Clock,
        expected: Callable[[str], Wait | None], banner: Callable[[], str], may_see: Callable[[str, str], bool],
    ) -> None:  # fmt: skip
        self._today = today
        self._clock = clock
        self._expected = expected
        self._banner = banner
        self._may_see = may_see
        self._contacts: dict[str, BoardContact] = {}
        self._rows: dict[Key, Row] = {}
        self._views: set[BoardView] = set()
        self._stale = True
        staff = [agent for agent in agents if agent.role == "agent"]
        for agent in staff:
            self._rows["agents", agent.user] = AgentRow(agent.user, agent.name, agent.team, agent.queues)
        for queue in sorted({name for agent in staff for name in agent.queues}):
            self._rows["queues", queue] = QueueRow(queue)

    @property
    def rows(self) -> Mapping[Key, Row]:
        """Every row, to be read only; queue rows as they were counted last."""
        return self._rows

    def heard(self, contact_id: str, event: Event, at: float) -> None:
        """Something happened to a contact (empty: to none), ``at`` Unix seconds."""
        if isinstance(event, AlertRaised | AlertAcknowledged | AlertCleared):
            return self._alert(contact_id, event, at)
        self._today.saw(contact_id, event, at)
        return self._contact(contact_id, event, at)

    def _contact(self, contact_id: str, event: Event, at: float) -> None:
        if isinstance(event, ContactEnded):
            self._contacts.pop(contact_id, None)
            return self._remove(("contacts", contact_id))
        contact = self._contacts.get(contact_id)
        if contact is not None:
            contact.handle(event, at)
        elif isinstance(event, ContactOffered | ContactSnapshot):
            contact = self._contacts[contact_id] = BoardContact(contact_id, event, at)
        else:
            return None
        return self._put("contacts", contact.row)

    def counted(self, contact_id: str, event: Event, at: float) -> None:
        """An event of today's log, from before this floor began."""
        self._today.saw(contact_id, event, at)

    def recall(self, contact_id: str, event: Event, at: float) -> None:
        """What the log says of a contact that is not over; ``counted`` has counted it."""
        if isinstance(event, AlertRaised | AlertAcknowledged | AlertCleared):
            self._alert(contact_id, event, at)
        else:
            self._contact(contact_id, event, at)

    def agent_state(self, event: AgentStateChanged) -> None:
        """An agent does something else."""
        row = self._rows.get(("agents", event.agent))
        if isinstance(row, AgentRow):
            state, reason, since = event.state, event.reason, event.since
            self._put("agents", replace(row, state=state, reason=reason, since=since, until=event.until))

    def station(self, agent: str, reachable: bool) -> None:
        """Whether calls can reach an agent's station."""
        row = self._rows.get(("agents", agent))
        if isinstance(row, AgentRow):
            self._put("agents", replace(row, station=reachable))

    def banner_changed(self) -> None:
        """Another notice, or none: every board is told."""
        for view in self._views:
            view.stir()

    def open(self, user: str) -> BoardView:
        """A supervisor's board; it begins with everything she may see. Close it."""
        view = BoardView(user, self, self._shown)
        self._views.add(view)
        return view

    def close(self, view: BoardView) -> None:
        """Nobody looks at it any more. Harmless twice."""
        self._views.discard(view)

    def waiting(self) -> dict[str, tuple[int, float]]:
        """By queue with somebody in it: how many wait, and since when (Unix seconds) the first of them does."""
        since: dict[str, list[float]] = {}
        for row in self._rows.values():
            if isinstance(row, ContactRow) and row.phase in ("queued", "ringing") and row.queue:
                since.setdefault(row.queue, []).append(row.since)
        return {queue: (len(each), min(each)) for queue, each in since.items()}

    def recount(self) -> None:
        """Bring the queue rows up to date."""
        if self._today.turned(self._clock.wall()) or self._stale:
            self._stale = False
            for row in self._queue_rows():
                self._put("queues", row)
            self._stale = False

    def now(self) -> tuple[float, str]:
        """The time, Unix seconds, and the banner that is raised."""
        return self._clock.wall(), self._banner()

    def _shown(self, user: str, row: Row) -> bool:
        match row:
            case AgentRow(id=agent) | ContactRow(agent=agent) | AlertRow(agent=agent):
                return self._may_see(user, agent)
            case QueueRow():
                return True

    def _alert(self, contact_id: str, event: AlertRaised | AlertAcknowledged | AlertCleared, at: float) -> None:
        key: Key = ("alerts", event.alert_id)
        match event:
            case AlertRaised():
                row = AlertRow(
                    event.alert_id, contact_id, at, event.kind, event.severity, event.agent, event.queue, event.text,
                    event.at_s, event.utterance_id, event.quote,
                )  # fmt: skip
                self._put("alerts", row)
            case AlertAcknowledged(by=by):
                known = self._rows.get(key)
                if isinstance(known, AlertRow):
                    self._put("alerts", replace(known, acknowledged_by=by))
            case AlertCleared():
                self._remove(key)

    def _put(self, table: Shown, row: Row) -> None:
        key: Key = (table, row.id)
        if self._rows.get(key) == row:
            return
        self._rows[key] = row
        self._changed(key)

    def _remove(self, key: Key) -> None:
        if self._rows.pop(key, None) is not None:
            self._changed(key)

    def _changed(self, key: Key) -> None:
        self._stale = self._stale or key[0] in ("agents", "contacts")
        for view in self._views:
            view.changed(key)

    def _queue_rows(self) -> list[QueueRow]:
        known = {key[1]: QueueRow(key[1]) for key in self._rows if key[0] == "queues"}
        waiting = dict.fromkeys(known, (0, 0.0)) | self.waiting()
        working, free = dict.fromkeys(known, 0), dict.fromkeys(known, 0)
        for row in self._rows.values():
            if isinstance(row, AgentRow) and row.state not in _AWAY:
                for queue in row.queues:
                    working[queue] += 1
                    free[queue] += row.state == AgentState.AVAILABLE
        return [
            self._queue_row(name, count, since, working.get(name, 0), free.get(name, 0))
            for name, (count, since) in waiting.items()
        ]

    def _queue_row(self, name: str, count: int, since: float, working: int, free: int) -> QueueRow:
        sums, wait, goal = self._today.of(name), self._expected(name), self._today.targets.of(name)
        low, high = (round(wait.low_s), round(wait.high_s)) if wait is not None else (None, None)
        return QueueRow(
            name, count, since, working, free, int(sums.offered), int(sums.answered),
            int(sums.abandoned), service_level(sums, goal.variant), int(goal.variant), goal.target, goal.answer_s,
            abandon_rate(sums), low, high,
        )  # fmt: skip
