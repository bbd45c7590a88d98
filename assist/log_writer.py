"""The event log is written behind the floor: the disk delays no card."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from assist.journal import Journal
from voice.events import Envelope


class LogWriter:
    """Writes what was acted on, in order, as much together as has come; ``settle`` is told when it is written,
    and the bus then forgets it. What waits here is bounded by the bus, which has a window of durable events on their
    way; a floor that dies is given again what was not written.
    """

    def __init__(self, journal: Journal, settle: Callable[[Sequence[Envelope]], None]) -> None:
        self._journal = journal
        self._settle = settle
        self._waiting: deque[tuple[Envelope, bool]] = deque()
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    def put(self, envelope: Envelope, *, new: bool) -> None:
        """``envelope`` has been acted on; one that is not ``new`` is in the log already."""
        if envelope.event.durable:
            self._waiting.append((envelope, new))
            self._wake.set()

    async def run(self) -> None:
        """Write until cancelled; ``flush`` then writes the rest."""
        while True:
            await self._wake.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits. Cancelled in the midst it has settled nothing that may not be written; a second attempt
        changes nothing of what is.
        """
        async with self._writing:
            while self._waiting:
                self._wake.clear()
                batch = list(self._waiting)
                await self._journal.append([envelope for envelope, new in batch if new])
                self._settle([envelope for envelope, _ in batch])
                for _ in batch:
                    self._waiting.popleft()
            self._wake.clear()
