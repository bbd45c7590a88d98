"""The time ``hardware`` needs. ``voice.clock.SystemClock`` and the tests' VirtualClock both fit."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """What code that needs time is given."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
