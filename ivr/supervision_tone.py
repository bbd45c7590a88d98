"""The tone that announces a supervisor: computed, for there is nothing to say. int16 mono at 8 kHz."""

from __future__ import annotations

import array
import math
import sys

RATE = 8000
HERTZ = 1400
SECONDS = 0.2
PEAK = 10 ** (-20 / 20)
"""Linear; -20 dBFS: heard beside speech without covering it."""
_FADE_S = 0.01


def supervision_tone() -> bytes:
    """One short beep with soft edges."""
    total = round(RATE * SECONDS)
    found = array.array("h")
    for n in range(total):
        edge = min(n, total - 1 - n) / (RATE * _FADE_S)
        found.append(round(32767 * PEAK * min(1.0, edge) * math.sin(2 * math.pi * HERTZ * n / RATE)))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()
