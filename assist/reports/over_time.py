"""Sums along the time axis of a report's plots, of contacts or of agents' time, with the labels people read under them.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assist.metrics import Totals
from assist.metrics.rollup import INTERVAL_S, RollUp
from assist.reports.gather import Scope, local

SHORT = timedelta(hours=36)
"""Up to this length a report plots intervals, above it days, and how an average day goes."""
_CLOCKS = ("%H:%M", "%a %H:%M", "%a %H:%M %Z")
"""A moment is labelled by the first of these that tells all of them apart: two days have the same hours, and when the
clocks go back a day has one hour twice.
"""


@dataclass(frozen=True, slots=True)
class Along:
    """``labels[i]`` stands under ``sums[i]``."""

    labels: tuple[str, ...]
    sums: tuple[Totals, ...]


def is_short(scope: Scope) -> bool:
    """Whether it is plotted by interval."""
    return scope.end - scope.start <= SHORT.total_seconds()


def by_moment(scope: Scope, sums: RollUp) -> Along:
    """Every interval from the first in which there is something to the last, also those between them without."""
    found: dict[int, Totals] = {}
    if len(sums):
        first, last = int(sums.starts.min()), int(sums.starts.max())
        found = {start: Totals() for start in range(first, last + 1, INTERVAL_S)}
    for interval in sums:
        found[interval.start] += interval.totals
    return Along(_told_apart([local(start, scope.zone) for start in found]), tuple(found.values()))


def by_day(scope: Scope, sums: RollUp) -> Along:
    """Every local day of the report, also those in which there was nothing."""
    found = {day: Totals() for day in _days(scope.start, scope.end, scope.zone)}
    for (day, _), totals in sums.by_day(scope.zone).items():
        found[day] += totals
    return Along(tuple(f"{day:%-d %b}" for day in found), tuple(found.values()))


def by_time_of_day(scope: Scope, rolled: RollUp) -> Along:
    """How a day goes: the intervals of all days together by what the clock showed, from the first in which there is
    something to the last. In the hour a clock goes back to, both are the same time of day.
    """
    sums: dict[int, Totals] = {}
    for interval in rolled:
        at = local(interval.start, scope.zone)
        quarter = (at.hour * 3600 + at.minute * 60) // INTERVAL_S
        sums[quarter] = sums.get(quarter, Totals()) + interval.totals
    quarters = range(min(sums), max(sums) + 1) if sums else range(0)
    labels = (divmod(quarter * INTERVAL_S // 60, 60) for quarter in quarters)
    return Along(
        tuple(f"{hour:02d}:{minute:02d}" for hour, minute in labels),
        tuple(sums.get(quarter, Totals()) for quarter in quarters),
    )


def _told_apart(moments: Sequence[datetime]) -> tuple[str, ...]:
    for clock in _CLOCKS:
        labels = tuple(f"{moment:{clock}}" for moment in moments)
        if len(set(labels)) == len(labels):
            break
    return labels


def _days(start: float, end: float, zone: ZoneInfo) -> list[date]:
    """The local days from ``start`` up to ``end`` (Unix seconds), whose own day only counts if it lies in it."""
    first, final = local(start, zone), local(end, zone)
    days = (final.date() - first.date()).days + int(final.time() > time())
    return [first.date() + timedelta(days=n) for n in range(days)]
