"""A shock limiter for the ear: no sample above the ceiling, and no click where it acts.

Software cannot know the sound pressure in an ear, so this claims no compliance with any standard of acoustic shock;
it bounds the digital level of what is sent to the headset.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CEILING_DBFS: Final = -9.0
LOOK_AHEAD_MS: Final = 5
RELEASE_S: Final = 0.1
_FULL_SCALE: Final = 32768.0


class ShockLimiter:
    """Look-ahead peak limiter for int16 mono: the output is the input ``LOOK_AHEAD_MS`` later, at most ``ceiling``
    high.

    The gain a sample needs is held from ``LOOK_AHEAD_MS`` before it and averaged over that time, so gain falls in a
    ramp that is complete when the peak arrives, and rises again with the time constant ``RELEASE_S``.
    """

    def __init__(self, rate: int, ceiling_dbfs: float = CEILING_DBFS) -> None:
        """``rate`` in Hz; ``ceiling_dbfs`` relative to a full-scale sample, at most 0. Raises ValueError."""
        if ceiling_dbfs > 0:
            raise ValueError(f"a ceiling of {ceiling_dbfs} dBFS is above full scale")
        self.ceiling = int(_FULL_SCALE * 10 ** (ceiling_dbfs / 20))
        """Highest sample that leaves, in int16 units."""
        self._window = max(1, rate * LOOK_AHEAD_MS // 1000)
        self._release = 1.0 - float(np.exp(-1.0 / (RELEASE_S * rate)))
        self._delayed: NDArray[np.float64] = np.zeros(self._window - 1)
        self._needed: NDArray[np.float64] = np.ones(self._window - 1)
        self._gains: NDArray[np.float64] = np.ones(self._window - 1)
        self._gain = 1.0
        self.limited_blocks = 0
        """Blocks in which the gain was below 1."""

    def process(self, pcm: bytes) -> bytes:
        """The next int16 samples, as many as came in. Once per block, on the playback thread."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
        if not len(samples):
            return b""
        peaks = np.abs(samples)
        needed = np.concatenate((self._needed, np.minimum(1.0, self.ceiling / np.maximum(peaks, 1.0))))
        held = np.lib.stride_tricks.sliding_window_view(needed, self._window).min(axis=1)
        gains = np.concatenate((self._gains, self._released(held)))
        stream = np.concatenate((self._delayed, samples))
        keep = self._window - 1
        self._needed, self._gains, self._delayed = _tail(needed, keep), _tail(gains, keep), _tail(stream, keep)
        if gains.min() >= 1.0:
            limited = stream[: len(samples)]
        else:
            self.limited_blocks += 1
            smooth = np.lib.stride_tricks.sliding_window_view(gains, self._window).mean(axis=1)
            limited = np.clip(stream[: len(samples)] * smooth, -self.ceiling, self.ceiling)
        return np.trunc(limited).astype("<i2").tobytes()

    def _released(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """``held``, rising no faster than the release allows."""
        if self._gain >= 1.0 and held.min() >= 1.0:
            return held
        gain, release = self._gain, self._release
        out = np.empty(len(held))
        for index, target in enumerate(held.tolist()):
            gain = min(target, gain + (1.0 - gain) * release)
            out[index] = gain
        self._gain = 1.0 if gain > 0.999 else gain
        return out


def _tail(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return values[len(values) - count :]
