"""What of the event log is to be told elsewhere. It stays in the log until it is taken; a bookmark says how far that
is, so whoever tells it may die at any moment: what was not taken is told by the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from assist.store.store import Store
from assist.store.tables import BookmarkRow, EventRow
from assist.store.whole import whole

BATCH = 100


class Outbox:
    """The events of ``types``, oldest first, for one reader called ``name``, who begins with what happens after it was
    first asked. Every method raises StoreError.
    """

    def __init__(self, store: Store, name: str, types: Sequence[str]) -> None:
        self._store = store
        self._name = name
        self._types = types
        self._seen: int | None = None

    @whole
    async def waiting(self) -> tuple[tuple[int, Mapping[str, Any]], ...]:
        """The next events, BATCH at most, each with its position; none that it was given already."""
        seen = self._seen if self._seen is not None else await self._begin()
        async with self._store.reading() as session:
            end = await session.scalar(select(func.max(EventRow.position))) or 0
            query = (
                select(EventRow.position, EventRow.envelope)
                .where(EventRow.position > seen, EventRow.position <= end, EventRow.type.in_(self._types))
                .order_by(EventRow.position)
                .limit(BATCH)
            )
            found = tuple((row.position, json.loads(row.envelope)) for row in await session.execute(query))
        self._seen = found[-1][0] if len(found) == BATCH else max(seen, end)
        return found

    @whole
    async def taken(self, position: int) -> None:
        """The event at ``position`` and those before it need not be told again."""
        async with self._store.writing() as session:
            await session.merge(BookmarkRow(name=self._name, position=position))

    def rewind(self) -> None:
        """Give what was not taken again."""
        self._seen = None

    async def _begin(self) -> int:
        async with self._store.writing() as session:
            bookmark = await session.get(BookmarkRow, self._name)
            if bookmark is None:
                end = await session.scalar(select(func.max(EventRow.position))) or 0
                bookmark = BookmarkRow(name=self._name, position=end)
                session.add(bookmark)
            return bookmark.position
