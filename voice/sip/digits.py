"""One key press, one digit: some phones send each press both by RFC 4733 and by SIP INFO (RFC 6086)."""

from __future__ import annotations

from collections import deque
from enum import Enum


class DigitMethod(Enum):
    """How a digit came."""

    RFC4733 = "telephone-event"
    INFO = "INFO"


class DigitFilter:
    """Pairs the copies of one press. Pure; one per leg.

    A digit is a copy if the same digit came by the other method at most ``window_s`` seconds ago and has not been
    paired yet, so that ``11`` sent both ways is two digits and ``1`` pressed again is a new one.
    """

    def __init__(self, window_s: float = 1.0) -> None:
        self._window_s = window_s
        self._unpaired: deque[tuple[DigitMethod, str, float]] = deque(maxlen=32)

    def accept(self, method: DigitMethod, digit: str, at: float) -> bool:
        """Whether the digit that came at ``at`` (monotonic seconds) is a new press."""
        while self._unpaired and at - self._unpaired[0][2] > self._window_s:
            self._unpaired.popleft()
        for entry in self._unpaired:
            if entry[0] is not method and entry[1] == digit:
                self._unpaired.remove(entry)
                return False
        self._unpaired.append((method, digit, at))
        return True
