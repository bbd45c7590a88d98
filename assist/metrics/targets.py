"""What service is measured by: which answer is in time, which of the five service levels is meant, what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class ServiceLevel(IntEnum):
    """The five ways in which callers who hung up enter the service level; every display names the one it uses.

    T is ``Goal.answer_s``, short abandons are those within ``Targets.short_s``.
    """

    ALL_OFFERED = 1
    """answered≤T ÷ (answered + abandoned): every abandon counts against the service."""
    ANSWERED_ONLY = 2
    """answered≤T ÷ answered: abandons are left out altogether."""
    WITHOUT_EARLY_ABANDONS = 3
    """answered≤T ÷ (answered + abandoned − abandoned≤T): who left within T had no chance to be answered late."""
    EARLY_ABANDONS_SERVED = 4
    """(answered≤T + abandoned≤T) ÷ (answered + abandoned): who left within T counts as served."""
    SHORT_ABANDONS_SERVED = 5
    """(answered≤T + short abandons) ÷ (answered + abandoned)."""


DEFAULT_VARIANT = ServiceLevel.WITHOUT_EARLY_ABANDONS


@dataclass(frozen=True, slots=True)
class Goal:
    """``target`` per cent of callers answered within ``answer_s`` seconds, counted by ``variant``. 80 in 20 is a
    custom, not a standard.
    """

    answer_s: float = 20.0
    target: float = 80.0
    variant: ServiceLevel = DEFAULT_VARIANT


@dataclass(frozen=True, slots=True)
class Targets:
    """``goal``: of queues that are not among ``queues``; ``short_s``: who gives up sooner is a short abandon;
    ``repeat_days``: the window of first-contact resolution.
    """

    goal: Goal = field(default_factory=Goal)
    short_s: float = 5.0
    repeat_days: float = 7.0
    queues: Mapping[str, Goal] = field(default_factory=dict)

    def of(self, queue: str) -> Goal:
        """What ``queue`` is measured by."""
        return self.queues.get(queue, self.goal)
