"""Sums by interval (15 minutes), by day, and by queue or agent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from assist.metrics.columns import Codes, Columns, Floats
from assist.metrics.targets import Targets
from assist.metrics.totals import CONTRIBUTIONS, FIELDS, Totals

INTERVAL_S = 900
"""15 minutes. Every zone of today is a whole number of them from UTC, so intervals are the same ones everywhere."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The contacts of ``group`` (a queue or an agent) counted from ``start`` (Unix seconds) for ``INTERVAL_S``."""

    start: int
    group: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class RollUp:
    """The sums of each interval and group in which there were contacts: a year is hundreds of thousands of them, so
    they are rows of one table. ``starts``: (n,) Unix seconds; ``groups``: (n,) codes into ``names``; ``sums``: (n,
    fields of ``Totals``). Iterating gives them one by one, by time and name.
    """

    starts: Codes
    groups: Codes
    names: tuple[str, ...]
    sums: Floats

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Interval]:
        order = np.lexsort((np.argsort(np.argsort(self.names))[self.groups], self.starts))
        for row in order.tolist():
            yield Interval(int(self.starts[row]), self.names[self.groups[row]], _totals(self.sums[row]))

    def joined(self, other: RollUp) -> RollUp:
        """Both; of an interval and group that both have, the sums of both."""
        table = dict.fromkeys((*self.names, *other.names))
        names = tuple(table)
        places = {name: place for place, name in enumerate(names)}
        groups = [
            np.array([places[name] for name in each.names], np.int64)[each.groups] if len(each) else each.groups
            for each in (self, other)
        ]
        cells, cell = np.unique(
            np.concatenate([self.starts, other.starts]) * max(1, len(names)) + np.concatenate(groups),
            return_inverse=True,
        )
        sums = np.zeros((len(cells), len(FIELDS)))
        np.add.at(sums, cell, np.concatenate([self.sums, other.sums]))
        starts, codes = np.divmod(cells, max(1, len(names)))
        return RollUp(starts, codes, names, sums)

    def altogether(self) -> Totals:
        """The sums of all."""
        return _totals(self.sums.sum(axis=0))

    def by_group(self) -> dict[str, Totals]:
        """The sums of each group, by name."""
        found = np.unique(self.groups).tolist()
        sums = {self.names[code]: _totals(self.sums[self.groups == code].sum(axis=0)) for code in found}
        return dict(sorted(sums.items()))

    def by_day(self, zone: ZoneInfo) -> dict[tuple[date, str], Totals]:
        """The sums of each local day and group, by day and name. A day of ``zone`` has 92, 96 or 100 intervals: clocks
        change.
        """
        starts, which = np.unique(self.starts, return_inverse=True)
        days = [datetime.fromtimestamp(start, UTC).astimezone(zone).date() for start in starts.tolist()]
        ordinals = np.array([day.toordinal() for day in days], np.int64)[which]
        cells, cell = np.unique(ordinals * len(self.names) + self.groups, return_inverse=True)
        sums = np.zeros((len(cells), len(FIELDS)))
        np.add.at(sums, cell, self.sums)
        found = {
            (date.fromordinal(key // len(self.names)), self.names[key % len(self.names)]): _totals(row)
            for key, row in zip(cells.tolist(), sums, strict=True)
        }
        return dict(sorted(found.items()))


def by_interval(columns: Columns, targets: Targets, *, group: str = "queue") -> RollUp:
    """The roll-up of contacts (with ``repeated`` among them, see ``assist.metrics.repeats``) by interval and ``group``,
    a queue or an agent. One field at a time: a million contacts need one column of working memory, not forty.
    """
    names = columns.names[group]
    quarter = columns["counted_at"].astype(np.int64) // INTERVAL_S
    cells, cell = np.unique(quarter * max(1, len(names)) + columns.codes[group], return_inverse=True)
    sums = np.zeros((len(cells), len(FIELDS)))
    for name, add in CONTRIBUTIONS.items():
        sums[:, FIELDS.index(name)] = np.bincount(cell, add(columns, targets), len(cells))
    starts, groups = np.divmod(cells, max(1, len(names)))
    return RollUp(starts * INTERVAL_S, groups, names, sums)


def _totals(row: Floats) -> Totals:
    return Totals(*row.tolist())
