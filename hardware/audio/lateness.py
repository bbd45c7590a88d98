"""How late the blocks of a stream come, and so how much of it must wait to be read without gaps."""

from __future__ import annotations

from typing import Final

LEAK: Final = 1e-3
"""How fast the line of the earliest blocks may move later, per second: no two clocks differ that much."""

FORGET_S: Final = 600.0
"""Time constant with which the worst lateness is forgotten."""

HOPELESS_S: Final = 0.05
"""What comes later than this no ring waits for: a machine that stood still for a moment is no reason to wait, nor are
the blocks with which it catches up.
"""

PAUSE_S: Final = 0.2
"""A gap longer than this is a stream that stopped, not a late block."""


class Lateness:
    """Of blocks against the line of the earliest ones. One thread writes; ``worst_s`` may be read from any."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        """The latest a block has lately come, in seconds; 0 before the first."""
        self._at: float | None = None
        self._catching_up = False
        self._line = 0.0  # when the next block would come if it were one of the earliest

    def block(self, at: float, duration_s: float) -> None:
        """A block of that length came at ``at`` (monotonic seconds)."""
        if self._at is None or at - self._at > PAUSE_S:
            self._line = at
        else:
            elapsed = at - self._at
            self._line = min(at, self._line + LEAK * elapsed)
            late = at - self._line
            self._catching_up = late > HOPELESS_S or (self._catching_up and late > duration_s)
            self.worst_s = max(0.0 if self._catching_up else late, self.worst_s * (1 - elapsed / FORGET_S))
        self._at = at
        self._line += duration_s
