"""What would happen with so many agents: the real ACD, run through invented days on a virtual clock. Pure and seeded.

Callers come at random (Poisson), take an exponential time to handle and lose patience after an exponential time: the
assumptions of Erlang A, and none of its others: queues, skills, strategies, widening, overflow and wrap-up are those of
the ACD itself.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.acd import Acd, AcdTimes
from ivr.acd_messages import (
    AcdEffect,
    AcdInput,
    AgentLoggedIn,
    ContactAnswered,
    ContactEnded,
    ContactQueuedIn,
    ContactRinging,
    OfferContact,
    StationUp,
    Tick,
)
from ivr.erlang import Demand
from ivr.settings import QueueSettings

START = 1_000_000.0
"""The virtual clock's beginning: any moment that is not 0 will do."""


@dataclass(frozen=True, slots=True)
class Team:
    """``agents`` people who serve ``queues`` with ``skills`` (levels 1-10)."""

    agents: int
    queues: tuple[str, ...]
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """``demand``: of each queue, its ``aht_s`` without ``wrap_up_s``, which follows every contact. ``answer_s``: how
    long a station rings until its agent takes the call.
    """

    demand: Mapping[str, Demand]
    teams: Sequence[Team]
    queues: Mapping[str, QueueSettings]
    wrap_up_s: float = 10.0
    answer_s: float = 2.0


@dataclass(frozen=True, slots=True)
class SimulatedContact:
    """One caller, in Unix seconds of the virtual clock; ``answered_at`` None: gave up at ``ended_at``."""

    contact_id: str
    queue: str
    queued_at: float
    answered_at: float | None
    ended_at: float
    agent: str = ""


@dataclass(frozen=True, slots=True)
class _Arrives:
    queue: str


@dataclass(frozen=True, slots=True)
class _Answers:
    contact_id: str
    agent: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class _Leaves:
    """The caller gives up, or the conversation (``talked``) ends."""

    contact_id: str
    talked: bool


_Happening = _Arrives | _Answers | _Leaves


def simulate(plan: Plan, hours: float, seed: int, warm_up_hours: float = 0.5) -> Iterator[SimulatedContact]:
    """Every contact that arrived in ``hours`` after the warm-up, in the order they ended. The same seed gives the same
    day. Raises ValueError where a queue has nobody to serve it.
    """
    unserved = set(plan.demand) - {queue for team in plan.teams if team.agents for queue in team.queues}
    if unserved:
        raise ValueError(f"nobody serves {', '.join(sorted(unserved))}")
    begin = START + warm_up_hours * 3600
    day = _Day(plan, seed, begin + hours * 3600)
    return (contact for contact in day.run() if contact.queued_at >= begin)


class _Day:
    def __init__(self, plan: Plan, seed: int, closes: float) -> None:
        self._plan = plan
        self._closes = closes
        self._chance = random.Random(seed)  # noqa: S311 - a simulation
        leases = map("lease-{}".format, itertools.count())
        self._acd = Acd(AcdTimes(wrap_up_s=plan.wrap_up_s), lambda: next(leases), plan.queues)
        self._now = START
        self._due: list[tuple[float, int, _Happening]] = []
        self._order = itertools.count()
        self._open: dict[str, SimulatedContact] = {}
        self._people = 0

    def run(self) -> Iterator[SimulatedContact]:
        for team in self._plan.teams:
            self._log_in(team)
        for queue in self._plan.demand:
            self._next_arrival(queue)
        while self._due:
            at, _, happening = self._due[0]
            deadline = self._acd.next_deadline
            if deadline is not None and deadline < at:
                self._now = max(self._now, deadline)
                self._tell(Tick())
                continue
            heapq.heappop(self._due)
            self._now = at
            yield from self._happens(happening)

    def _happens(self, happening: _Happening) -> Iterator[SimulatedContact]:
        match happening:
            case _Arrives(queue):
                self._arrives(queue)
                self._next_arrival(queue)
            case _Answers(contact_id, agent, lease_id) if contact_id in self._open:
                self._answers(contact_id, agent, lease_id)
            case _Leaves(contact_id, talked) if contact_id in self._open:
                contact = self._open[contact_id]
                if talked or contact.answered_at is None:
                    del self._open[contact_id]
                    self._tell(ContactEnded(contact_id))
                    yield SimulatedContact(
                        contact_id, contact.queue, contact.queued_at, contact.answered_at, self._now, contact.agent
                    )

    def _arrives(self, queue: str) -> None:
        contact_id = f"c{next(self._order)}"
        self._open[contact_id] = SimulatedContact(contact_id, queue, self._now, None, 0.0)
        patience = self._plan.demand[queue].patience_s
        if patience != float("inf"):
            self._later(self._chance.expovariate(1 / patience), _Leaves(contact_id, talked=False))
        self._tell(ContactQueuedIn(contact_id, queue, 5, self._now))

    def _answers(self, contact_id: str, agent: str, lease_id: str) -> None:
        waiting = self._open[contact_id]
        self._open[contact_id] = SimulatedContact(contact_id, waiting.queue, waiting.queued_at, self._now, 0.0, agent)
        self._tell(ContactAnswered(contact_id, agent, lease_id))
        handling = self._chance.expovariate(1 / self._plan.demand[waiting.queue].aht_s)
        self._later(handling, _Leaves(contact_id, talked=True))

    def _tell(self, given: AcdInput) -> None:
        effects: tuple[AcdEffect, ...] = self._acd.handle(given, self._now)
        for effect in effects:
            if isinstance(effect, OfferContact):
                self._tell(ContactRinging(effect.contact_id, effect.agent, effect.lease_id))
                self._later(self._plan.answer_s, _Answers(effect.contact_id, effect.agent, effect.lease_id))

    def _log_in(self, team: Team) -> None:
        for _ in range(team.agents):
            self._people += 1
            name = f"agent{self._people}"
            self._tell(StationUp(name))
            self._tell(AgentLoggedIn(name, team.queues, ready=True, skills=team.skills))

    def _next_arrival(self, queue: str) -> None:
        gap = self._chance.expovariate(self._plan.demand[queue].calls / 3600)
        if self._now + gap < self._closes:
            self._later(gap, _Arrives(queue))

    def _later(self, seconds: float, happening: _Happening) -> None:
        heapq.heappush(self._due, (self._now + seconds, next(self._order), happening))
