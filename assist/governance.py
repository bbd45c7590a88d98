"""How much an agent is shown: a budget of cards per minute, and what waits until there is room. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from assist.cards import Card

WINDOW_S = 60.0
MOST_WAITING = 8
BUDGET = 2
"""Cards per minute. Critical ones and the next step are shown in any case, and count."""


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """A card that waits for room until media second ``until_s``; the highest priority comes first."""

    rank: tuple[int, int]
    slot: str = field(compare=False)
    build: Callable[[str], Card] = field(compare=False)
    until_s: float = field(compare=False)
    expiry_s: float = field(compare=False)


class Governor:
    """Of one contact. ``dropped`` counts cards nobody saw: pushed out by better ones, or too old when room came."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._shown: deque[float] = deque()
        self._waiting: list[Waiting] = []
        self._numbers = count()
        self.dropped = 0

    def note(self, at_s: float) -> None:
        """A card was shown."""
        self._shown.append(at_s)

    def room(self, at_s: float) -> bool:
        """Whether another card fits into the minute before ``at_s``."""
        while self._shown and self._shown[0] + WINDOW_S <= at_s:
            self._shown.popleft()
        return len(self._shown) < self._budget

    def wait(self, slot: str, build: Callable[[str], Card], priority: int, until_s: float, expiry_s: float) -> None:
        """Keep a card until there is room. It replaces the one waiting in the same slot."""
        self.forget(slot)
        self._waiting.append(Waiting((-priority, next(self._numbers)), slot, build, until_s, expiry_s))
        self._waiting.sort()
        while len(self._waiting) > MOST_WAITING:
            self._waiting.pop()
            self.dropped += 1

    def forget(self, slot: str) -> None:
        """What made the card of ``slot`` is gone."""
        self._waiting = [each for each in self._waiting if each.slot != slot]

    def next(self, at_s: float) -> Waiting | None:
        """The card to show now, if one waits and there is room."""
        fresh = [each for each in self._waiting if each.until_s >= at_s]
        self.dropped += len(self._waiting) - len(fresh)
        self._waiting = fresh
        return self._waiting.pop(0) if self._waiting and self.room(at_s) else None

    def next_due(self) -> float | None:
        """When there is room for what waits; None if nothing does."""
        if not self._waiting:
            return None
        return self._shown[-self._budget] + WINDOW_S if len(self._shown) >= self._budget else 0.0
