"""Who gets whom: waiting contacts and available agents, matched by queue, skills and strategy.

Contacts with the same demand stand in one pool, beside the available agents who meet it: finding a match looks at the
heads of an agent's pools, or at the head of the contact's own, and scans nobody.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from ivr.agents import Agent
from ivr.placing import Demand
from ivr.queue import Line, Rank
from ivr.settings import QueueSettings
from ivr.strategies import RUNG_AT_ONCE, Strategy, rank

POOLS_KEPT = 64
"""Pools of a queue kept although nobody waits in them: callers' own skills could make any number."""


class _Pool:
    __slots__ = ("demand", "idle", "waiting")

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.waiting: Line[str] = Line()
        self.idle: Line[str] = Line()


class Router:
    """Lines of contacts and of agents. ``queues`` without an entry are served by the agent idle longest."""

    def __init__(self, queues: Mapping[str, QueueSettings]) -> None:
        self._strategies = {name: queue.strategy for name, queue in queues.items()}
        self._pools: dict[Demand, _Pool] = {}
        self._of_queue: defaultdict[str, dict[Demand, _Pool]] = defaultdict(dict)
        self._personal: defaultdict[str, dict[Demand, _Pool]] = defaultdict(dict)
        self._personal_in: defaultdict[str, dict[Demand, _Pool]] = defaultdict(dict)
        self._pool_of: dict[str, _Pool] = {}
        self._agents: dict[str, Agent] = {}
        self._idle_in: defaultdict[str, set[str]] = defaultdict(set)

    def add_contact(self, contact_id: str, demand: Demand, rank: Rank) -> None:
        """A contact waits."""
        self.remove_contact(contact_id)
        pool = self._pools.get(demand) or self._new_pool(demand)
        self._pool_of[contact_id] = pool
        pool.waiting.add(contact_id, rank)

    def remove_contact(self, contact_id: str) -> None:
        """It waits no longer."""
        pool = self._pool_of.pop(contact_id, None)
        if pool is not None:
            pool.waiting.discard(contact_id)
            if not pool.waiting:
                self._drop_if_spare(pool)

    def add_agent(self, agent: Agent) -> None:
        """An agent is available. The router keeps the object, and removes by what it then knew."""
        self.remove_agent(agent.name)
        self._agents[agent.name] = agent
        for queue in agent.queues:
            self._idle_in[queue].add(agent.name)
            for pool in self._of_queue[queue].values():
                self._join(pool, agent)
        for pool in self._personal[agent.name].values():
            self._join(pool, agent)

    def remove_agent(self, name: str) -> None:
        """The agent is not available, or what it brings is about to change."""
        agent = self._agents.pop(name, None)
        if agent is None:
            return
        for queue in agent.queues:
            self._idle_in[queue].discard(name)
            for pool in self._of_queue[queue].values():
                pool.idle.discard(name)
        for pool in self._personal[name].values():
            pool.idle.discard(name)

    def agent_for(self, contact_id: str) -> str | None:
        """The agent a waiting contact should get now."""
        head = self._pool_of[contact_id].idle.head()
        return head[1] if head else None

    def others_for(self, demand: Demand) -> tuple[str, ...]:
        """Whom ring-all rings for a contact of ``demand`` beside its agent: the next in line."""
        pool = self._pools.get(demand)
        if pool is None or self._strategies.get(demand.queue) is not Strategy.RING_ALL:
            return ()
        return tuple(itertools.islice(pool.idle, RUNG_AT_ONCE - 1))

    def rings_all(self, contact_id: str) -> bool:
        """Whether a waiting contact rings more than one."""
        return self._strategies.get(self.demand_of(contact_id).queue) is Strategy.RING_ALL

    def demand_of(self, contact_id: str) -> Demand:
        """What the agent of a waiting contact must bring."""
        return self._pool_of[contact_id].demand

    def contact_for(self, agent: Agent, now: float, blocked: Collection[str] = ()) -> str | None:
        """The contact an agent, in the lines or not, should get now: of the heads, the one whose wait, times the
        agent's weight for its queue, is longest. ``blocked``: queues to pass over.
        """
        best: tuple[float, Rank, str] | None = None
        for pool in self._pools_for(agent):
            queue = pool.demand.queue
            if (head := pool.waiting.head()) is None or queue not in agent.queues or queue in blocked:
                continue
            candidate = (-agent.weight(queue) * (now - head[0][0]), *head)
            if (best is None or candidate < best) and pool.demand.met_by(agent.skills):
                best = candidate
        return best[2] if best else None

    def is_waiting(self, contact_id: str) -> bool:
        """Whether the contact stands in a line."""
        return contact_id in self._pool_of

    def is_idle(self, agent: str) -> bool:
        """Whether the agent stands in the lines."""
        return agent in self._agents

    def heads(self, queue: str) -> tuple[str, ...]:
        """The first of every pool of ``queue``."""
        return tuple(head[1] for pool in self._in_queue(queue) if (head := pool.waiting.head()))

    def waiting(self, queue: str) -> tuple[str, ...]:
        """The contacts waiting in ``queue``, in order; sorts, so not for the hot path."""
        ranked = (entry for pool in self._in_queue(queue) for entry in pool.waiting.ranked())
        return tuple(contact_id for _, contact_id in sorted(ranked, key=lambda entry: entry[0]))

    def length(self, queue: str) -> int:
        """How many wait in ``queue``."""
        return sum(len(pool.waiting) for pool in self._in_queue(queue))

    def ahead_of(self, queue: str, rank: Rank) -> int:
        """How many wait in ``queue`` before one of ``rank``."""
        return sum(pool.waiting.ahead_of(rank) for pool in self._in_queue(queue))

    def idle_in(self, queue: str) -> int:
        """How many agents of ``queue`` are available."""
        return len(self._idle_in[queue]) if queue in self._idle_in else 0

    def _in_queue(self, queue: str) -> Iterator[_Pool]:
        if queue in self._of_queue:
            yield from self._of_queue[queue].values()
        if queue in self._personal_in:
            yield from self._personal_in[queue].values()

    def _pools_for(self, agent: Agent) -> Iterator[_Pool]:
        for queue in agent.queues:
            yield from self._of_queue[queue].values()
        yield from self._personal[agent.name].values()

    def _new_pool(self, demand: Demand) -> _Pool:
        pool = self._pools[demand] = _Pool(demand)
        if demand.agent:
            self._personal[demand.agent][demand] = self._personal_in[demand.queue][demand] = pool
            candidates = {demand.agent} & self._agents.keys()
        else:
            self._of_queue[demand.queue][demand] = pool
            candidates = self._idle_in[demand.queue]
        for name in candidates:
            self._join(pool, self._agents[name])
        return pool

    def _join(self, pool: _Pool, agent: Agent) -> None:
        queue = pool.demand.queue
        if queue in agent.queues and pool.demand.met_by(agent.skills):
            strategy = self._strategies.get(queue, Strategy.LONGEST_IDLE)
            pool.idle.add(agent.name, rank(strategy, agent, queue))

    def _drop_if_spare(self, pool: _Pool) -> None:
        demand = pool.demand
        if demand.agent:
            del self._personal[demand.agent][demand], self._personal_in[demand.queue][demand], self._pools[demand]
            if not self._personal[demand.agent]:
                del self._personal[demand.agent]
        elif len(self._of_queue[demand.queue]) > POOLS_KEPT:
            del self._of_queue[demand.queue][demand], self._pools[demand]
