"""One open board: which rows it has yet to be told of.

What waits is a set of keys, so it is bounded by the board itself: a slow page is told less often, never something old,
and nothing is lost that is still so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from pydantic import TypeAdapter

from assist.board.rows import AgentRow, AlertRow, Changes, ContactRow, QueueRow, Row

Shown = Literal["queues", "agents", "contacts", "alerts"]
Key = tuple[Shown, str]
_WIRE = TypeAdapter(Changes)


class Source(Protocol):
    """The board, as a view needs it."""

    @property
    def rows(self) -> Mapping[Key, Row]:
        """Every row."""

    def recount(self) -> None:
        """Bring rows that follow from others up to date."""

    def now(self) -> tuple[float, str]:
        """Unix seconds, and the banner."""

    def close(self, view: BoardView) -> None:
        """Forget the view."""


class BoardView:
    """``shown(user, row)``: whether ``user`` may see the row."""

    def __init__(self, user: str, source: Source, shown: Callable[[str, Row], bool]) -> None:
        self.user = user
        self._source = source
        self._shown = shown
        self._told: set[Key] = set()
        self._waiting: dict[Key, None] = {}
        self._whole = True
        self._stirred = asyncio.Event()
        self._stirred.set()

    def changed(self, key: Key) -> None:
        """A row is new, other or gone."""
        self._waiting[key] = None
        self._stirred.set()

    def stir(self) -> None:
        """Something beside the rows is other than before."""
        self._stirred.set()

    def close(self) -> None:
        """Nobody looks any more."""
        self._source.close(self)

    async def wait(self) -> None:
        """Until there is something to tell. Cancelling loses nothing."""
        await self._stirred.wait()

    def take(self) -> Changes:
        """What is to be told now; everything, the first time."""
        self._source.recount()
        self._stirred.clear()
        at, banner = self._source.now()
        changes = Changes(at, self._whole, banner)
        keys = list(self._source.rows) if self._whole else list(self._waiting)
        self._whole = False
        self._waiting.clear()
        for key in keys:
            self._add(changes, key)
        return changes

    def _add(self, changes: Changes, key: Key) -> None:
        row = self._source.rows.get(key)
        if row is None or not self._shown(self.user, row):
            if key in self._told:
                self._told.discard(key)
                gone: list[str] = getattr(changes.gone, key[0])
                gone.append(key[1])
            return
        self._told.add(key)
        match row:
            case QueueRow():
                changes.queues.append(row)
            case AgentRow():
                changes.agents.append(row)
            case ContactRow():
                changes.contacts.append(row)
            case AlertRow():
                changes.alerts.append(row)


def wire(changes: Changes) -> str:
    """The message as JSON text."""
    return _WIRE.dump_json(changes).decode()
