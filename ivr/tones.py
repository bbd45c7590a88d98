"""Call progress tones a worker plays. No numpy: this runs in every contact's process."""

from __future__ import annotations

import array
import math

RATE = 8000
_LEVEL = 32767 * 10 ** (-22 / 20) / 2


def ringback() -> bytes:
    """int16 mono at 8 kHz, 6 s: the audible ringing tone of the North American plan, 440 and 480 Hz, 2 s on, 4 s off
    (ITU-T E.180), at -22 dBFS. Both frequencies are whole numbers of periods in 25 ms, which is all that is computed.
    """
    period = array.array("h")
    for sample in range(RATE // 40):
        angle = 2 * math.pi * sample / RATE
        period.append(round(_LEVEL * (math.sin(440 * angle) + math.sin(480 * angle))))
    return period.tobytes() * 80 + bytes(2 * 4 * RATE)
