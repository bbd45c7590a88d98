"""Sums of the measures by interval, queue and agent, of days that are over and closed: they outlive the event log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from assist.store.store import Store
from assist.store.tables import BookmarkRow, IntervalRow
from assist.store.whole import whole

NAME = "books"
"""The bookmark: its position is the Unix second up to which all is closed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``sums``: the fields of ``assist.metrics.totals.Totals`` that are not 0, of the contacts of ``queue`` and
    ``agent`` (each may be empty) counted in the 15 minutes from Unix second ``start`` on; the agent's own time stands
    where ``queue`` is empty.
    """

    start: int
    queue: str
    agent: str
    sums: Mapping[str, float]


class Ledger:
    """Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @whole
    async def closed_until(self) -> int:
        """Unix seconds; 0 where nothing was ever closed."""
        async with self._store.reading() as session:
            bookmark = await session.get(BookmarkRow, NAME)
            return bookmark.position if bookmark is not None else 0

    @whole
    async def close(self, entries: Sequence[Entry], until: int) -> None:
        """Add ``entries``, and all up to Unix second ``until`` is closed: both or neither."""
        async with self._store.writing() as session:
            session.add_all(
                IntervalRow(start=each.start, queue=each.queue, agent=each.agent, sums=json.dumps(dict(each.sums)))
                for each in entries
            )
            await session.merge(BookmarkRow(name=NAME, position=until))

    @whole
    async def between(self, start: float, end: float) -> tuple[Entry, ...]:
        """What is closed of the intervals that begin from ``start`` to ``end`` (Unix seconds), by time and name."""
        query = (
            select(IntervalRow)
            .where(IntervalRow.start >= start, IntervalRow.start < end)
            .order_by(IntervalRow.start, IntervalRow.queue, IntervalRow.agent)
        )
        async with self._store.reading() as session:
            return tuple(
                Entry(row.start, row.queue, row.agent, json.loads(row.sums)) for row in await session.scalars(query)
            )
