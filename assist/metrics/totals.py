"""Sums over contacts: everything a metric is computed from, and nothing that cannot be added up.

The sums of two sets of contacts are the sums of both: intervals add up to days, queues to the whole floor, and a report
of a year never needs the contacts again. Averages and percentages are therefore never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assist.metrics.columns import Columns
from assist.metrics.contacts import Outcome
from assist.metrics.targets import Targets


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts, and sums in seconds or score points.

    ``offered`` contacts entered a queue and were ``answered``, ``abandoned``, ``called_back`` (a call back was promised
    instead), ``overflowed`` (the queue did not keep them) or failed. ``*_in_time``: within ``Goal.answer_s`` of the
    queue; ``abandoned_short``: within ``Targets.short_s``. ``handled`` contacts were answered and are over.
    ``measured_s``: seconds of conversation in which talk was measured. ``repeat_known``: handled contacts whose repeat
    window is over. ``state_*_s``: agents' seconds in each state while logged in; ``scheduled_s``: seconds in which an
    agent was scheduled, ``adhered_s``: of these, in which she did what she was (``assist.metrics.agents_time``).
    """

    offered: float = 0.0
    answered: float = 0.0
    answered_in_time: float = 0.0
    abandoned: float = 0.0
    abandoned_in_time: float = 0.0
    abandoned_short: float = 0.0
    called_back: float = 0.0
    callbacks_kept: float = 0.0
    overflowed: float = 0.0
    self_service: float = 0.0
    wait_answered_s: float = 0.0
    wait_abandoned_s: float = 0.0
    handled: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    holds: float = 0.0
    held: float = 0.0
    transferred: float = 0.0
    measured_s: float = 0.0
    agent_speech_s: float = 0.0
    caller_speech_s: float = 0.0
    talk_over_s: float = 0.0
    dead_air_s: float = 0.0
    responses: float = 0.0
    response_s: float = 0.0
    csat_answers: float = 0.0
    csat_points: float = 0.0
    csat_satisfied: float = 0.0
    nps_answers: float = 0.0
    nps_promoters: float = 0.0
    nps_detractors: float = 0.0
    ces_answers: float = 0.0
    ces_points: float = 0.0
    ces_easy: float = 0.0
    repeat_known: float = 0.0
    repeated: float = 0.0
    declared: float = 0.0
    declared_resolved: float = 0.0
    state_available_s: float = 0.0
    state_reserved_s: float = 0.0
    state_ringing_s: float = 0.0
    state_talking_s: float = 0.0
    state_hold_s: float = 0.0
    state_consult_s: float = 0.0
    state_wrapup_s: float = 0.0
    state_not_ready_s: float = 0.0
    state_not_responding_s: float = 0.0
    scheduled_s: float = 0.0
    adhered_s: float = 0.0

    def __add__(self, other: Self) -> Totals:
        """The sums over both sets."""
        return Totals(*(getattr(self, name) + getattr(other, name) for name in FIELDS))


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Totals))

Contribution = Callable[[Columns, Targets], NDArray[np.generic]]


def _outcome(outcome: Outcome) -> Contribution:
    return lambda c, _: c["outcome"] == outcome


def _in_time(outcome: Outcome) -> Contribution:
    def within(c: Columns, targets: Targets) -> NDArray[np.generic]:
        limits = np.array([targets.of(queue).answer_s for queue in c.names["queue"]], np.float64)
        found: NDArray[np.generic] = (c["outcome"] == outcome) & (c["wait_s"] <= limits[c.codes["queue"]])
        return found

    return within


def _within(outcome: Outcome, limit: Callable[[Targets], float]) -> Contribution:
    return lambda c, targets: (c["outcome"] == outcome) & (c["wait_s"] <= limit(targets))


def _wait(outcome: Outcome) -> Contribution:
    return lambda c, _: np.where(c["outcome"] == outcome, c["wait_s"], 0.0)


def _sum(field: str) -> Contribution:
    return lambda c, _: np.nan_to_num(c[field])


def _known(field: str) -> Contribution:
    return lambda c, _: ~np.isnan(c[field])


def _score(field: str, low: int, high: int) -> Contribution:
    return lambda c, _: (c[field] >= low) & (c[field] <= high)


CONTRIBUTIONS: Mapping[str, Contribution] = {
    "offered": lambda c, _: c["queued_at"] > 0,
    "answered": _outcome(Outcome.ANSWERED),
    "answered_in_time": _in_time(Outcome.ANSWERED),
    "abandoned": _outcome(Outcome.ABANDONED),
    "abandoned_in_time": _in_time(Outcome.ABANDONED),
    "abandoned_short": _within(Outcome.ABANDONED, lambda targets: targets.short_s),
    "called_back": _outcome(Outcome.CALLBACK),
    "callbacks_kept": lambda c, _: (c["outcome"] == Outcome.CALLBACK) & (c["callback_kept"] == 1),
    "overflowed": _outcome(Outcome.OVERFLOWED),
    "self_service": _outcome(Outcome.SELF_SERVICE),
    "wait_answered_s": _wait(Outcome.ANSWERED),
    "wait_abandoned_s": _wait(Outcome.ABANDONED),
    "handled": lambda c, _: (c["answered_at"] > 0) & (c["ended_at"] > 0),
    "held": lambda c, _: c["holds"] > 0,
    "transferred": lambda c, _: c["transfers"] > 0,
    "csat_answers": _known("csat"),
    "csat_points": _sum("csat"),
    "csat_satisfied": _score("csat", 4, 5),
    "nps_answers": _known("nps"),
    "nps_promoters": _score("nps", 9, 10),
    "nps_detractors": _score("nps", 0, 6),
    "ces_answers": _known("ces"),
    "ces_points": _sum("ces"),
    "ces_easy": _score("ces", 5, 7),
    "repeat_known": _known("repeated"),
    "repeated": _sum("repeated"),
    "declared": _known("resolved"),
    "declared_resolved": _sum("resolved"),
    **{
        name: _sum(name)
        for name in (
            "talk_s", "hold_s", "wrap_up_s", "holds", "measured_s", "agent_speech_s", "caller_speech_s", "talk_over_s",
            "dead_air_s", "responses", "response_s",
        )
    },
}  # fmt: skip
"""What each contact adds to the fields of ``Totals``: the columns in, (n,) numbers or truths out."""

TIME_FIELDS: tuple[str, ...] = tuple(name for name in FIELDS if name not in CONTRIBUTIONS)
"""The fields no contact adds to: the agents' time."""


def total(columns: Columns, targets: Targets) -> Totals:
    """The sums over all of ``columns`` (with ``repeated`` in it, see ``assist.metrics.repeats``)."""
    return Totals(**{name: float(add(columns, targets).sum()) for name, add in CONTRIBUTIONS.items()})
