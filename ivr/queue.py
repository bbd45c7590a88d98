"""Lines: who waits, in order. A heap with lazy removal, so that 10,000 waiting cost a logarithm and no scan."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Rank = tuple[float, ...]
KeyT = TypeVar("KeyT", bound=str)


class Line(Generic[KeyT]):
    """Keys ordered by rank (smaller first), then by who was added first. Every operation is O(log n) amortised."""

    def __init__(self) -> None:
        self._heap: list[tuple[Rank, int, KeyT]] = []
        self._serials: dict[KeyT, int] = {}
        self._next = itertools.count()

    def __len__(self) -> int:
        return len(self._serials)

    def __contains__(self, key: object) -> bool:
        return key in self._serials

    def __iter__(self) -> Iterator[KeyT]:
        """In order; sorts, so not for the hot path."""
        return (key for _, serial, key in sorted(self._heap) if self._serials.get(key) == serial)

    def add(self, key: KeyT, rank: Rank) -> None:
        """Add ``key``, or move it to ``rank``."""
        self._serials[key] = serial = next(self._next)
        heapq.heappush(self._heap, (rank, serial, key))
        if len(self._heap) > 2 * len(self._serials) + 16:
            self._compact()

    def discard(self, key: KeyT) -> None:
        """Remove ``key`` if it is here."""
        self._serials.pop(key, None)

    def head(self) -> tuple[Rank, KeyT] | None:
        """The first and its rank."""
        while self._heap:
            rank, serial, key = self._heap[0]
            if self._serials.get(key) == serial:
                return rank, key
            heapq.heappop(self._heap)
        return None

    def _compact(self) -> None:
        self._heap = [entry for entry in self._heap if self._serials.get(entry[2]) == entry[1]]
        heapq.heapify(self._heap)


@dataclass(slots=True)
class QueuedContact:
    """A contact that is waiting or was. ``queued_at`` (Unix seconds) is its place for as long as it lives: an agent who
    does not answer does not cost it its turn. ``misses`` counts reservations its worker did not act on, in a row;
    ``rests_until`` keeps it from being offered meanwhile, lest one dead worker at the head holds up the rest.
    """

    contact_id: str
    queue: str
    priority: int
    queued_at: float
    agent: str | None = None
    misses: int = 0
    rests_until: float | None = None

    @property
    def rank(self) -> Rank:
        """Higher priority first, then who queued first."""
        return (-self.priority, self.queued_at)
