"""What is due when. Nothing is ever cancelled: who takes a due thing looks whether it still means anything."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.agents import AgentState


@dataclass(frozen=True, slots=True)
class LeaseEnds:
    """The reservation ``lease_id`` of ``agent`` runs out, if it is still in ``phase``."""

    agent: str
    phase: AgentState
    lease_id: str


@dataclass(frozen=True, slots=True)
class WrapUpEnds:
    """The agent's wrap-up is over."""

    agent: str


@dataclass(frozen=True, slots=True)
class RestEnds:
    """The contact may be offered again."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class PlaceChanges:
    """The contact has waited long enough to stand elsewhere (see ``ivr.placing``)."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class QueueEmpties:
    """If the queue still has nobody, its callers are sent on."""

    queue: str


@dataclass(frozen=True, slots=True)
class ConsultEnds:
    """An agent is no longer kept free for a consultation, unless she has answered."""

    agent: str


Due = ConsultEnds | LeaseEnds | WrapUpEnds | RestEnds | PlaceChanges | QueueEmpties


class Deadlines:
    """Things due at a time (any clock, in seconds); those of one moment in the order they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Due]] = []
        self._serials = itertools.count()

    @property
    def next(self) -> float | None:
        """When the first is due; it may mean nothing any more."""
        return self._heap[0][0] if self._heap else None

    def set(self, when: float, what: Due) -> None:
        """``what`` is due at ``when``."""
        heapq.heappush(self._heap, (when, next(self._serials), what))

    def due(self, now: float) -> Iterator[Due]:
        """Take out what is due, in order; what is set meanwhile counts too."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]
