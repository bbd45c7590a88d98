"""The hold music: soft plucked chords, composed here and synthesised in numpy; loops without a seam."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 8000
BEAT_S = 0.5
BEATS = 16
PEAK = 10 ** (-12 / 20)
"""Linear; -12 dBFS, below speech, so that an announcement over it is never a relief to the ear."""

# Semitones above A3, one chord per four beats: D add9, B minor 7, G add9, A sus4. A melody note on each beat.
_CHORDS = ((-7, 0, 5, 9), (-10, -3, 2, 5), (-14, -7, 0, 5), (-12, -5, 2, 4))
_MELODY = (17, 14, 12, 9, 14, 12, 10, 5, 12, 10, 9, 5, 9, 7, 4, 12)


def hold_music(rate: int = RATE) -> bytes:
    """int16 mono at ``rate`` Hz, 8 s."""
    total = int(rate * BEAT_S * BEATS)
    mix = np.zeros(total)
    for bar, chord in enumerate(_CHORDS):
        for step, note in enumerate(chord):
            _add(mix, rate, (bar * 4 + step * 0.5) * BEAT_S, note, 0.5)
            _add(mix, rate, (bar * 4 + 2 + step * 0.5) * BEAT_S, note, 0.35)
    for beat, note in enumerate(_MELODY):
        _add(mix, rate, beat * BEAT_S, note, 0.3)
    loudest = float(np.max(np.abs(mix)))
    pcm: bytes = np.round(mix * (PEAK * 32767 / loudest)).astype("<i2").tobytes()
    return pcm


def _add(mix: npt.NDArray[np.float64], rate: int, at_s: float, semitones: int, level: float) -> None:
    """A decaying note; its tail wraps around to the loop's beginning, which is what makes the seam inaudible."""
    t = np.arange(int(rate * 2.5)) / rate
    hertz = 220.0 * 2 ** (semitones / 12)
    partials = sum(
        np.sin(2 * np.pi * hertz * k * t) * np.exp(-t * (1.6 + 1.2 * k)) / k**1.5
        for k in (1, 2, 3)
        if hertz * k < 0.45 * RATE  # the same notes at any rate
    )
    attack = np.minimum(1.0, t / 0.012)
    note = level * attack * partials * np.linspace(1.0, 0.0, t.size)
    places = (int(at_s * rate) + np.arange(t.size)) % mix.size
    np.add.at(mix, places, note)
