"""Sums by interval (15 minutes), by day, and by queue or agent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from assist.metrics.columns import Codes, Columns
from assist.metrics.totals import CONTRIBUTIONS, FIELDS, Targets, Totals

INTERVAL_S = 900
"""15 minutes. Every zone of today is a whole number of them from UTC, so intervals are the same ones everywhere."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The contacts of ``group`` (a queue or an agent) counted from ``start`` (Unix seconds) for ``INTERVAL_S``."""

    start: int
    group: str
    totals: Totals


def by_interval(columns: Columns, targets: Targets, *, group: str = "queue") -> tuple[Interval, ...]:
    """The sums of each interval and ``group`` in which there were contacts, by time and name."""
    starts, which = np.unique(columns["counted_at"].astype(np.int64) // INTERVAL_S, return_inverse=True)
    names = columns.names[group]
    cells, cell = np.unique(which * len(names) + columns.codes[group], return_inverse=True)
    sums = _sums(columns, cell, len(cells), targets)
    found = (
        Interval(int(starts[key // len(names)]) * INTERVAL_S, names[key % len(names)], totals)
        for key, totals in zip(cells.tolist(), sums, strict=True)
    )
    return tuple(sorted(found, key=lambda interval: (interval.start, interval.group)))


def by_day(intervals: Iterable[Interval], zone: ZoneInfo) -> dict[tuple[date, str], Totals]:
    """The sums of each local day and group. A day of ``zone`` has 92, 96 or 100 intervals: clocks change."""
    days: dict[tuple[date, str], Totals] = {}
    for interval in intervals:
        key = (datetime.fromtimestamp(interval.start, UTC).astimezone(zone).date(), interval.group)
        days[key] = days.get(key, Totals()) + interval.totals
    return days


def altogether(intervals: Iterable[Interval]) -> Totals:
    """The sums of all."""
    found = Totals()
    for interval in intervals:
        found += interval.totals
    return found


def _sums(columns: Columns, cell: Codes, cells: int, targets: Targets) -> Sequence[Totals]:
    """One field at a time, so that a million contacts need one column of working memory, not forty."""
    table = np.empty((cells, len(FIELDS)))
    for index, name in enumerate(FIELDS):
        table[:, index] = np.bincount(cell, CONTRIBUTIONS[name](columns, targets), cells)
    return [Totals(*row) for row in table.tolist()]
