"""What would happen with so many agents: the real ACD, run through invented days on a virtual clock. Pure and seeded.

Callers come at random (Poisson), take an exponential time to handle and lose patience after an exponential time: the
assumptions of Erlang A, and none of its others: queues, skills, strategies, widening, overflow and wrap-up are those of
the ACD itself.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ivr.acd import Acd, AcdTimes
from ivr.acd_messages import ContactAnswered, ContactEnded, ContactQueuedIn, OfferContact
from ivr.acd_run import START, AcdRun
from ivr.erlang import Demand
from ivr.settings import QueueSettings


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
        acd = Acd(AcdTimes(wrap_up_s=plan.wrap_up_s), lambda: next(leases), plan.queues)
        self._floor = AcdRun(acd, self._rings)
        self._names = map("c{}".format, itertools.count())
        self._open: dict[str, SimulatedContact] = {}
        self._over: list[SimulatedContact] = []

    def run(self) -> Iterator[SimulatedContact]:
        people = itertools.count(1)
        for team in self._plan.teams:
            for _ in range(team.agents):
                self._floor.log_in(f"agent{next(people)}", team.queues, team.skills)
        for queue in self._plan.demand:
            self._next_arrival(queue)
        while self._floor.step():
            over, self._over = self._over, []
            yield from over
        yield from self._over

    def _next_arrival(self, queue: str) -> None:
        gap = self._chance.expovariate(self._plan.demand[queue].calls / 3600)
        if self._floor.now + gap < self._closes:
            self._floor.later(gap, lambda: self._arrives(queue))

    def _arrives(self, queue: str) -> None:
        floor, contact_id = self._floor, next(self._names)
        self._open[contact_id] = SimulatedContact(contact_id, queue, floor.now, None, 0.0)
        patience = self._plan.demand[queue].patience_s
        if patience != math.inf:
            floor.later(self._chance.expovariate(1 / patience), lambda: self._gives_up(contact_id))
        floor.tell(ContactQueuedIn(contact_id, queue, 5, floor.now))
        self._next_arrival(queue)

    def _rings(self, offer: OfferContact) -> None:
        self._floor.later(self._plan.answer_s, lambda: self._answers(offer))

    def _answers(self, offer: OfferContact) -> None:
        contact = self._open.get(offer.contact_id)
        if contact is None or contact.answered_at is not None:
            return  # gone, or another who was rung was faster
        self._open[offer.contact_id] = replace(contact, answered_at=self._floor.now, agent=offer.agent)
        self._floor.tell(ContactAnswered(offer.contact_id, offer.agent, offer.lease_id))
        handling = self._chance.expovariate(1 / self._plan.demand[contact.queue].aht_s)
        self._floor.later(handling, lambda: self._ends(offer.contact_id))

    def _gives_up(self, contact_id: str) -> None:
        contact = self._open.get(contact_id)
        if contact is not None and contact.answered_at is None:
            self._ends(contact_id)

    def _ends(self, contact_id: str) -> None:
        over = self._open.pop(contact_id)
        self._floor.tell(ContactEnded(contact_id))
        self._over.append(replace(over, ended_at=self._floor.now))
