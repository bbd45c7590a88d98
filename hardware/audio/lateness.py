"""How late the blocks of a stream come, and so how much of it must wait to be read without gaps."""

from __future__ import annotations

from collections import deque
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

RECOVERS: Final = 50
"""Blocks within which a late stream is in time again. One that is not has left some out (PJSIP's clock does, on a busy
machine) and is in time from then on: what it left out it will not fetch later, and no ring need keep it.
"""


class Lateness:
    """Of blocks against the line of the earliest ones. One thread writes; ``worst_s`` may be read from any."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        """The latest a block has lately come, in seconds, known RECOVERS blocks after it; 0 before the first."""
        self._at: float | None = None
        self._catching_up = False
        self._line = 0.0  # when the next block would come if it were one of the earliest
        self._undecided: deque[float] = deque()

    def block(self, at: float, duration_s: float) -> None:
        """A block of that length came at ``at`` (monotonic seconds)."""
        if self._at is None or at - self._at > PAUSE_S:
            self._line = at
            self._undecided.clear()
        else:
            elapsed = at - self._at
            self._line = min(at, self._line + LEAK * elapsed)
            self._undecided.append(at - self._line)
            self.worst_s *= 1 - elapsed / FORGET_S
            if len(self._undecided) > RECOVERS:
                self._decide(duration_s)
        self._at = at
        self._line += duration_s

    def _decide(self, duration_s: float) -> None:
        """On the oldest block that is undecided, by those after it."""
        late = self._undecided.popleft()
        left_out = min(self._undecided)
        if left_out > 0:
            self._line += left_out
            self._undecided = deque(each - left_out for each in self._undecided)
            late = max(0.0, late - left_out)
        self._catching_up = late > HOPELESS_S or (self._catching_up and late > duration_s)
        if not self._catching_up:
            self.worst_s = max(late, self.worst_s)
