"""Things to do later, without a timer each: the driver asks when the next one is due and calls back then. Pure."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from voice.front.flows import Effect, Send

T1_S = 0.5  # RFC 3261 timers
T2_S = 4.0

Action = Callable[[float], list[Effect]]


class Agenda:
    """Actions by time. An action checks itself whether it is still wanted, so nothing is ever taken out early."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def at(self, moment: float, action: Action) -> None:
        """Run ``action`` at ``moment`` (monotonic seconds)."""
        heapq.heappush(self._heap, (moment, next(self._order), action))

    @property
    def next(self) -> float | None:
        """When the earliest action is due."""
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> list[Effect]:
        """Everything that is due."""
        effects: list[Effect] = []
        while self._heap and self._heap[0][0] <= now:
            _, _, action = heapq.heappop(self._heap)
            effects += action(now)
        return effects


@dataclass
class _Resend:
    send: Send
    interval: float
    until: float


class Resends:
    """Our own requests and final answers, repeated over UDP until answered (RFC 3261 timers E and G)."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._open: dict[tuple[str, str], _Resend] = {}

    def start(self, call_id: str, what: str, send: Send, now: float, lasting: float) -> list[Effect]:
        """Send now, and again at growing intervals for ``lasting`` seconds or until ``stop``."""
        self._open[call_id, what] = _Resend(send, T1_S, now + lasting)
        self._agenda.at(now + T1_S, lambda then: self._again(call_id, what, then))
        return [send]

    def stop(self, call_id: str, what: str) -> bool:
        """It was answered; whether it was open."""
        return self._open.pop((call_id, what), None) is not None

    def _again(self, call_id: str, what: str, now: float) -> list[Effect]:
        resend = self._open.get((call_id, what))
        if resend is None:
            return []
        if now >= resend.until:
            del self._open[call_id, what]
            return []
        resend.interval = min(2 * resend.interval, T2_S)
        self._agenda.at(min(now + resend.interval, resend.until), lambda then: self._again(call_id, what, then))
        return [] if resend.send.flow.connection else [resend.send]
