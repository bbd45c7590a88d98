"""How something was said, as measures of sound and time: how loud, how fast. Pure. They say nothing of feelings.

One call's figures compare with one another only: telephones, headsets and lines differ by tens of decibels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from transcription.utterances import Word

FULL_SCALE = 32768.0
ENOUGH_WORDS = 4
ENOUGH_S = 1.0
"""Fewer words, or less time within words, give no pace: one long word would make it."""


class Loudness:
    """The level of the frames it is given: those that hold voice, so that pauses and pre-roll do not count."""

    def __init__(self) -> None:
        self._energy = 0.0
        self._samples = 0

    def add(self, frame: bytes) -> None:
        """``frame``: int16 little-endian mono. Sums of whole numbers below 2^53 are exact in float64: the same frames
        give the same level in whatever batches they came, live or from the recording.
        """
        samples = np.frombuffer(frame, "<i2").astype(np.float64)
        self._energy += float(samples @ samples)
        self._samples += len(samples)

    @property
    def level_db(self) -> float | None:
        """RMS of all frames so far in dB of int16 full scale, to 0.1 dB: 0 is a full square wave, -3 a full sine (AES17
        would call that one 0). None where there was no frame, or nothing in it.
        """
        if not self._energy:
            return None
        return round(10.0 * math.log10(self._energy / self._samples / FULL_SCALE**2), 1)


def pace(words: Sequence[Word]) -> float | None:
    """Words per second of the time within words (pauses left out), to 0.01; None where there are too few to say."""
    voiced_s = sum(word.end_s - word.start_s for word in words)
    if len(words) < ENOUGH_WORDS or voiced_s < ENOUGH_S:
        return None
    return round(len(words) / voiced_s, 2)
