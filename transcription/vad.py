"""Voice activity of 20 ms frames by WebRTC's detector (mode 2: the measured optimum as a gate before a recogniser)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import webrtcvad

from voice.errors import AudioFormatError

FRAME_MS = 20
RATES = (8000, 16000, 32000, 48000)


class VoiceDetector(Protocol):
    """Says of one frame of ``FRAME_MS`` whether it holds voice. Keeps a noise estimate: one detector per channel."""

    def __call__(self, frame: bytes, /) -> bool:
        """``frame``: little-endian int16 mono, exactly ``FRAME_MS`` long."""


def webrtc_detector(rate: int, mode: int = 2) -> VoiceDetector:
    """WebRTC's detector for ``rate`` Hz; ``mode`` 0 (open) to 3 (strict; loses words).

    It knows four rates; sound of another is brought to the next lower one first (linearly: enough for its six bands
    below 4 kHz). Raises AudioFormatError below 8000 Hz.
    """
    if rate < RATES[0]:
        raise AudioFormatError(f"voice activity needs a rate of at least {RATES[0]} Hz, not {rate!r}")
    detector = webrtcvad.Vad(mode)
    if rate in RATES:
        return lambda frame: bool(detector.is_speech(frame, rate))
    known = max(other for other in RATES if other < rate)
    size, wanted = rate * FRAME_MS // 1000, known * FRAME_MS // 1000
    places, samples = np.linspace(0, size - 1, wanted), np.arange(size)

    def resampled(frame: bytes) -> bool:
        sound = np.interp(places, samples, np.frombuffer(frame, "<i2"))
        return bool(detector.is_speech(sound.astype("<i2").tobytes(), known))

    return resampled
