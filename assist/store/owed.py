"""What the store refuses for a reason that passes (another program holds it, it is being restarted, the disk is full)
is kept in mind and written as soon as it can be: the floor goes on meanwhile, and the log has no hole.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assist.store.errors import StoreError, StoreFailure
from voice.clock import Clock

log = logging.getLogger(__name__)

PASSING = frozenset(
    {StoreFailure.FULL, StoreFailure.LOCKED, StoreFailure.READ_ONLY, StoreFailure.CANNOT_OPEN, StoreFailure.IO}
)
RETRY_S = 5.0
MOST = 50_000
"""Events kept in mind, some 100 MB: what 200 busy agents' contacts come to in three minutes."""

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Write:
    do: Work
    what: str
    weight: int


class Owed:
    """Writes, done in the order in which they were asked for. While one waits, all later ones do, MOST events at most:
    what is more is left out, logged and counted in ``lost``, as is what is refused for good.
    """

    def __init__(self, clock: Clock, most: int = MOST, back: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._most = most
        self._back = back
        self._waiting: deque[_Write] = deque()
        self._due = asyncio.Event()
        self._writing, self._settling = asyncio.Lock(), asyncio.Lock()
        self.waiting = self.lost = 0

    async def write(self, do: Work, what: str, weight: int = 1) -> None:
        """Do it or, while the store is away, keep it in mind: it must do no harm twice. ``what``: for the log;
        ``weight``: how many events it is. Raises nothing because the store refuses.
        """
        write = _Write(do, what, weight)
        if self._waiting:  # nobody waits for a store that may take its time to refuse again
            self._remember(write)
            return
        async with self._writing:
            if self._waiting or not await self._done(write):
                self._remember(write)

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await self._due.wait()
            await self._clock.sleep(RETRY_S)
            await self.settle()

    async def settle(self) -> None:
        """One more try for what waits."""
        async with self._settling:
            while self._waiting and await self._done(self._waiting[0]):
                self.waiting -= self._waiting.popleft().weight
            if not self._waiting and self._due.is_set():
                self._due.clear()
                log.warning("the store is back, and has what it missed")
                self._back()

    def _remember(self, write: _Write) -> None:
        if self.waiting + write.weight > self._most:
            self._give_up(write, "too much waits already")
            return
        if not self._waiting:
            log.error("the store is away; what it misses is kept in mind until it is back")
        self._waiting.append(write)
        self.waiting += write.weight
        self._due.set()

    async def _done(self, write: _Write) -> bool:
        """Written, or given up; False where it is to be tried again."""
        try:
            await write.do()
        except StoreError as error:
            if error.failure in PASSING:
                log.error("not written yet: %s: %s", write.what, error)
                return False
            self._give_up(write, str(error))
        return True

    def _give_up(self, write: _Write, why: str) -> None:
        self.lost += write.weight
        log.error("not in the store: %s: %s", write.what, why)
