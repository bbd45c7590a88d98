"""How many workers, in which slots, and when to fork the next: the zygote's decisions. Pure; time is an argument."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

READY_S = 10.0
SILENT_S = 4.5
"""A worker that beat its heart once and then not for so long is suspected to hang. What it waited for a core meanwhile
does not count: on a machine that is overrun, killing calls would only add to the harm."""
SECOND_LOOK_S = 0.5
"""A suspect has so long to prove it lives, then it is killed. Where we ourselves, or the whole machine, stood still,
its heartbeat may be waiting to be read."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


class State(Enum):
    """Of a worker process."""

    STARTING = "forked, has not reported its port"
    IDLE = "ready for a contact"
    BUSY = "has its contact"


@dataclass
class Child:
    """One living worker process. ``deadline``: by then (monotonic seconds) it must be ready, or its heart beat.

    ``waited_s``: what it had waited for a core in its life when its heart last beat, and what was granted it since.
    """

    worker_id: str
    slot: int
    pid: int
    deadline: float
    state: State = State.STARTING
    port: int = 0
    waited_s: float = 0.0
    suspected: bool = False
    overdue: bool = False


class Nursery:
    """Keeps ``warm`` workers ready beside the busy ones, never more than ``most`` in all."""

    def __init__(self, warm: int, most: int) -> None:
        self._warm = warm
        self._most = most
        self._slots = list(range(most))
        self._children: dict[str, Child] = {}
        self._pause = 0.0
        self._resume_at = 0.0

    @property
    def children(self) -> tuple[Child, ...]:
        """All that were forked and not reaped."""
        return tuple(self._children.values())

    def wants_fork(self, now: float) -> bool:
        """Whether another worker should be forked now."""
        spare = sum(child.state is not State.BUSY for child in self._children.values())
        return spare < self._warm and len(self._children) < self._most and now >= self._resume_at

    def next_deadline(self, now: float) -> float | None:
        """When to look again although nothing happened: a worker overdue, or the end of a pause after crashes."""
        moments = [child.deadline for child in self._children.values() if self._late_at(child)]
        if self._resume_at > now:
            moments.append(self._resume_at)
        return min(moments, default=None)

    def take_slot(self) -> int:
        """The lowest free slot; give it back through ``ended``."""
        return heapq.heappop(self._slots)

    def forked(self, worker_id: str, slot: int, pid: int, now: float) -> None:
        """A worker was forked into ``slot``."""
        self._children[worker_id] = Child(worker_id, slot, pid, now + READY_S)

    def ready(self, worker_id: str, port: int) -> None:
        """It reported its port: crashes before it are forgiven."""
        child = self._children[worker_id]
        child.state, child.port, child.deadline = State.IDLE, port, math.inf
        self._pause = 0.0

    def beat(self, worker_id: str, now: float, waited_s: float = 0.0) -> None:
        """Its heart beat; from the first time on it has to again and again. ``waited_s``: see ``overdue``."""
        child = self._children[worker_id]
        child.deadline, child.waited_s, child.suspected = now + SILENT_S, waited_s, False

    def assigned(self, worker_id: str) -> Child | None:
        """It has its contact; None where there is no such idle worker (any more)."""
        child = self._children.get(worker_id)
        if child is None or child.state is not State.IDLE:
            return None
        child.state = State.BUSY
        return child

    def overdue(self, now: float, waited_s: Callable[[int], float] = lambda pid: 0.0) -> list[Child]:
        """Workers that did not become ready in time, or whose heart stopped, each named once: kill them.

        ``waited_s(pid)``: seconds the main thread of that process could have run in its life and had no core. Call
        after everything has been read that the workers said.
        """
        late = []
        for child in self._children.values():
            if not self._late_at(child) or now < child.deadline:
                continue
            starved_s = max(0.0, waited_s(child.pid) - child.waited_s)
            child.waited_s += starved_s
            child.deadline += starved_s
            if now >= child.deadline and not child.suspected:
                child.suspected, child.deadline = True, now + SECOND_LOOK_S
            if now >= child.deadline:
                child.overdue = True
                late.append(child)
        return late

    def ended(self, pid: int, now: float) -> tuple[Child, float] | None:
        """A process was reaped. Returns it and the pause before the next fork: 0 unless it died before it was ready."""
        child = next((child for child in self._children.values() if child.pid == pid), None)
        if child is None:
            return None
        del self._children[child.worker_id]
        heapq.heappush(self._slots, child.slot)
        if child.state is not State.STARTING:
            return child, 0.0
        self._pause = min(max(2 * self._pause, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._resume_at = now + self._pause
        return child, self._pause

    @staticmethod
    def _late_at(child: Child) -> bool:
        return child.deadline < math.inf and not child.overdue
