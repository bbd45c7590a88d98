"""Time, injected: production uses ``SystemClock``; unit tests use ``tests.fakes.clock.VirtualClock``."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What code that needs time is given."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back; comparable between processes of one Linux machine."""

    def wall(self) -> float:
        """Seconds since the Unix epoch, for time stamps a person may read."""

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable."""


class SystemClock:
    """The machine's clocks. ``monotonic`` is CLOCK_MONOTONIC, which all processes of the machine share."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)
