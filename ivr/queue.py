"""Lines: who waits, in order. Sorted, so that the first is at hand and a place is a bisection away."""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ivr.estimate import Wait

Rank = tuple[float, ...]
KeyT = TypeVar("KeyT", bound=str)

PRIORITY_WORTH_S = 600.0
"""A step of priority counts as having waited so much longer: who waits is overtaken for a while, never for ever."""


class Line(Generic[KeyT]):
    """Keys ordered by rank (smaller first), then by who was added first.

    A bisection finds the place; moving the rest by one costs microseconds at 10,000.
    """

    def __init__(self) -> None:
        self._order: list[tuple[Rank, int, KeyT]] = []
        self._entries: dict[KeyT, tuple[Rank, int, KeyT]] = {}
        self._next = itertools.count()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[KeyT]:
        """In order."""
        return (key for _, _, key in self._order)

    def add(self, key: KeyT, rank: Rank) -> None:
        """Add ``key``, or move it to ``rank``."""
        self.discard(key)
        self._entries[key] = entry = (rank, next(self._next), key)
        insort(self._order, entry)

    def discard(self, key: KeyT) -> None:
        """Remove ``key`` if it is here."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            del self._order[bisect_left(self._order, entry)]

    def head(self) -> tuple[Rank, KeyT] | None:
        """The first and its rank."""
        return (self._order[0][0], self._order[0][2]) if self._order else None

    def ranked(self) -> Iterator[tuple[Rank, KeyT]]:
        """In order, with ranks."""
        return ((rank, key) for rank, _, key in self._order)

    def ahead_of(self, rank: Rank) -> int:
        """How many have a smaller rank."""
        return bisect_left(self._order, (rank,))


@dataclass(slots=True)
class QueuedContact:
    """A contact that is waiting or was. ``queued_at`` (Unix seconds) is its place for as long as it lives: an agent who
    does not answer does not cost it its turn. ``misses`` counts reservations its worker did not act on, in a row;
    ``rests_until`` keeps it from being offered meanwhile, lest one dead worker at the head holds up the rest.
    ``skills`` are asked for on top of the queue's; ``sticky`` is the agent of its last contact. ``served_in`` is the
    queue it waits in now: its own, or the one it has flowed over to. ``also``: whom ring-all
    rings beside ``agent``. ``told``: the wait its caller was told last.
    ``turn`` counts how often it was queued; ``preferred`` is an agent it is meant for until ``preferred_until``, before
    anyone else; ``consults``: whom its agent consults.
    """

    contact_id: str
    queue: str
    priority: int
    queued_at: float
    skills: tuple[tuple[str, int], ...] = ()
    sticky: str = ""
    turn: int = 0
    preferred: str = ""
    preferred_until: float = 0.0
    consults: str = ""
    agent: str | None = None
    also: list[str] = field(default_factory=list)
    misses: int = 0
    rests_until: float | None = None
    served_in: str = ""
    told: Wait | None = None

    @property
    def holders(self) -> tuple[str, ...]:
        """Every agent it is offered to; one, once it is answered."""
        return (self.agent, *self.also) if self.agent is not None else ()

    @property
    def rank(self) -> Rank:
        """Who has waited longest first, a step of priority being worth ``PRIORITY_WORTH_S`` of waiting."""
        return (self.queued_at - self.priority * PRIORITY_WORTH_S,)
