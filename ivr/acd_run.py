"""The ACD at work without a floor: a clock that is moved, deadlines kept, offers rung; for what-ifs, benches. Pure."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable

from ivr.acd import Acd
from ivr.acd_messages import AcdEffect, AcdInput, AgentLoggedIn, ContactRinging, OfferContact, StationUp, Tick

START = 1_000_000.0
"""The virtual clock's beginning, Unix seconds: any moment that is not 0 will do."""


class AcdRun:
    """``acd`` from ``START`` on. ``rung`` is told of every agent whose station rings, and decides what comes of it."""

    def __init__(self, acd: Acd, rung: Callable[[OfferContact], None]) -> None:
        self.acd = acd
        self.now = START
        self._rung = rung
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def handle(self, given: AcdInput) -> tuple[AcdEffect, ...]:
        """One input, now; a bench puts its stopwatch here."""
        return self.acd.handle(given, self.now)

    def tell(self, given: AcdInput) -> None:
        """One input, now, and the ringing that follows from it."""
        for effect in self.handle(given):
            if isinstance(effect, OfferContact):
                self.tell(ContactRinging(effect.contact_id, effect.agent, effect.lease_id))
                self._rung(effect)

    def log_in(
        self, agent: str, queues: tuple[str, ...], skills: tuple[tuple[str, int], ...] = (),
        weights: tuple[tuple[str, float], ...] = (),
    ) -> None:  # fmt: skip
        """An agent begins to work."""
        self.tell(StationUp(agent))
        self.tell(AgentLoggedIn(agent, queues, True, skills, weights))

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Have ``work`` done when the clock has come so far."""
        heapq.heappush(self._due, (self.now + seconds, next(self._order), work))

    def step(self) -> bool:
        """Move the clock to what comes next, a deadline of the ACD or work, and do it; False where no work is left."""
        if self._due:
            self._do_next()
        return bool(self._due)

    def advance(self, seconds: float) -> None:
        """Move the clock; whatever falls due on the way happens at its time."""
        until = self.now + seconds
        while min(self._work_at, self._deadline) <= until:
            self._do_next()
        self.now = until

    def _do_next(self) -> None:
        if self._deadline < self._work_at:
            self.now = max(self.now, self._deadline)
            self.tell(Tick())
        else:
            self.now, _, work = heapq.heappop(self._due)
            work()

    @property
    def _work_at(self) -> float:
        return self._due[0][0] if self._due else math.inf

    @property
    def _deadline(self) -> float:
        deadline = self.acd.next_deadline
        return deadline if deadline is not None else math.inf
