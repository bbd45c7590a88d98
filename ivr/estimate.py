"""Honest waits: a range, from who is ahead, who is working and how long contacts take, and kept once it was told.

With all agents of a queue busy, and each handling taking ``m`` seconds on average, callers leave the queue at agents/m
per second; the one behind ``ahead`` others waits for ``ahead`` + 1 of these (a gamma distribution: nothing is assumed
of how far the present contacts have come). The range is its 20 % to 80 % quantile. Agents who serve other queues too
count whole for the near end and by their share for the far end.

Cold start: below ``ENOUGH`` measured handlings no wait is told, only the place. After that the queue's ``handle_s``
counts as ``ENOUGH`` handlings among the measured ones, of which the last ``KEPT`` are believed.

What was told never grows merely because the caller waits: it may grow only when more callers are ahead (of higher
priority) or fewer agents work than when it was told.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

ENOUGH = 5
KEPT = 50
AT_ONCE_S = 30.0
"""The far end of the wait of one for whom an agent is free already: a station has to ring."""
_Z80 = 0.8416212335729143
"""The 80 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a wait depends on. ``agents``: working, ``free`` of them available; ``share``: their number, each divided
    by the queues they serve. ``handle_s``: seconds a contact takes, wrap-up included; None: not known well enough.
    """

    ahead: int
    agents: int
    share: float
    free: int
    handle_s: float | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds from now, ``low_s`` <= ``high_s``, as told to a caller behind ``ahead`` others; ``agents`` at work."""

    low_s: float
    high_s: float
    ahead: int
    agents: int


@dataclass(slots=True)
class Pace:
    """How long contacts of a queue take an agent, in seconds, wrap-up included. ``believed_s``: before any was seen."""

    believed_s: float
    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))

    def handled(self, seconds: float) -> None:
        """A contact took so long."""
        self._seen.append(seconds)

    @property
    def handle_s(self) -> float | None:
        """The mean to reckon with; None while there are too few."""
        if len(self._seen) < ENOUGH:
            return None
        return (self.believed_s * ENOUGH + sum(self._seen)) / (ENOUGH + len(self._seen))


def estimate(line: Line) -> Wait | None:
    """The wait as it looks now; None where nothing honest can be said (nobody works, or cold start)."""
    if line.agents == 0 or line.handle_s is None:
        return None
    if line.ahead < line.free:
        return Wait(0.0, AT_ONCE_S, line.ahead, line.agents)
    turns = line.ahead + 1
    low = _gamma_quantile(turns, -_Z80) * line.handle_s / line.agents
    high = _gamma_quantile(turns, _Z80) * line.handle_s / min(line.share, line.agents)
    return Wait(low, high, line.ahead, line.agents)


def keep(told: Wait | None, fresh: Wait | None) -> Wait | None:
    """What to tell a caller who was told ``told`` before."""
    if told is None or fresh is None or fresh.ahead > told.ahead or fresh.agents < told.agents:
        return fresh
    return Wait(min(told.low_s, fresh.low_s), min(told.high_s, fresh.high_s), fresh.ahead, fresh.agents)


def _gamma_quantile(shape: int, z: float) -> float:
    """Quantile of a gamma distribution of unit scale, by Wilson and Hilferty (1931); within 3 % at 20 and 80 %."""
    return float(shape * max(0.0, 1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))) ** 3)
