"""A level meter: how loud a stream of samples is, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

FLOOR_DBFS: Final = -100.0
"""What silence is shown as."""

INTEGRATION_S: Final = 0.3
"""Time constant of the mean, as in a VU meter."""

HOLD_S: Final = 1.5
FALL_DB_PER_S: Final = 20.0
CLIPPED: Final = 32700
"""A sample from here on counts as distorted."""


@dataclass(frozen=True, slots=True)
class Level:
    """In dB below a full-scale sample, FLOOR_DBFS to 0. ``mean``: root mean square of the last moment; ``peak``: of the
    last block; ``held``: the highest peak, for HOLD_S, then falling. ``clipped``: samples at full scale so far.
    """

    mean_dbfs: float = FLOOR_DBFS
    peak_dbfs: float = FLOOR_DBFS
    held_dbfs: float = FLOOR_DBFS
    clipped: int = 0


class LevelMeter:
    """One thread feeds it; ``level`` may be read from any. Time is counted in samples."""

    def __init__(self, rate: int) -> None:
        """``rate`` in Hz."""
        self._rate = rate
        self._square = 0.0
        self._held_s = 0.0
        self.level = Level()
        self.loudest_dbfs = FLOOR_DBFS
        """The highest peak so far."""

    def process(self, pcm: bytes) -> None:
        """The next int16 samples."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        if not len(samples):
            return
        elapsed = len(samples) / self._rate
        heights = np.abs(samples)
        peak = _dbfs(float(heights.max()))
        share = 1 - float(np.exp(-elapsed / INTEGRATION_S))
        self._square += share * (float(np.mean(samples**2)) - self._square)
        clipped = self.level.clipped + int(np.count_nonzero(heights >= CLIPPED))
        self.loudest_dbfs = max(self.loudest_dbfs, peak)
        self.level = Level(_dbfs(self._square**0.5), peak, self._hold(peak, elapsed), clipped)

    def _hold(self, peak: float, elapsed: float) -> float:
        held = self.level.held_dbfs
        if peak >= held:
            self._held_s = 0.0
            return peak
        falling = min(elapsed, max(0.0, self._held_s + elapsed - HOLD_S))
        self._held_s += elapsed
        return max(peak, held - FALL_DB_PER_S * falling)


def _dbfs(height: float) -> float:
    return max(FLOOR_DBFS, 20 * float(np.log10(max(height, 0.1) / 32768)))
