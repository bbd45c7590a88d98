"""Who gets whom: the agent idle longest who serves the queue; the contact of highest priority, then waiting longest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ivr.queue import Line, Rank


class LongestIdle:
    """The waiting contacts and the idle agents of every queue. Skills are queues: an agent serves those it names.

    A contact stands in one line, an agent in one per queue it serves; finding a match costs a logarithm per queue.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, Line[str]] = defaultdict(Line)
        self._idle: defaultdict[str, Line[str]] = defaultdict(Line)
        self._queue_of: dict[str, str] = {}
        self._queues_of: dict[str, tuple[str, ...]] = {}

    def add_contact(self, contact_id: str, queue: str, rank: Rank) -> None:
        """A contact waits."""
        self.remove_contact(contact_id)
        self._queue_of[contact_id] = queue
        self._waiting[queue].add(contact_id, rank)

    def remove_contact(self, contact_id: str) -> None:
        """It waits no longer."""
        queue = self._queue_of.pop(contact_id, None)
        if queue is not None:
            self._waiting[queue].discard(contact_id)

    def add_agent(self, agent: str, queues: Iterable[str], idle_since: float) -> None:
        """An agent is available."""
        self.remove_agent(agent)
        self._queues_of[agent] = tuple(queues)
        for queue in self._queues_of[agent]:
            self._idle[queue].add(agent, (idle_since,))

    def remove_agent(self, agent: str) -> None:
        """The agent is not available."""
        for queue in self._queues_of.pop(agent, ()):
            self._idle[queue].discard(agent)

    def agent_for(self, contact_id: str) -> str | None:
        """The agent a waiting contact should get now."""
        head = self._idle[self._queue_of[contact_id]].head()
        return head[1] if head else None

    def contact_for(self, agent: str) -> str | None:
        """The contact an available agent should get now, over all its queues."""
        heads = [self._waiting[queue].head() for queue in self._queues_of[agent]]
        return min((head for head in heads if head), default=(None, None))[1]

    def is_waiting(self, contact_id: str) -> bool:
        """Whether the contact stands in a line."""
        return contact_id in self._queue_of

    def is_idle(self, agent: str) -> bool:
        """Whether the agent stands in the lines."""
        return agent in self._queues_of

    def waiting(self, queue: str) -> tuple[str, ...]:
        """The contacts waiting in ``queue``, in order."""
        return tuple(self._waiting[queue]) if queue in self._waiting else ()
