"""Voice activity of 20 ms frames by WebRTC's detector (mode 2: the measured optimum as a gate before a recogniser)."""

from __future__ import annotations

from typing import Protocol

import webrtcvad

from voice.errors import AudioFormatError

FRAME_MS = 20
RATES = (8000, 16000, 32000, 48000)


class VoiceDetector(Protocol):
    """Says of one frame of ``FRAME_MS`` whether it holds voice. Keeps a noise estimate: one detector per channel."""

    def __call__(self, frame: bytes, /) -> bool:
        """``frame``: little-endian int16 mono, exactly ``FRAME_MS`` long."""


def webrtc_detector(rate: int, mode: int = 2) -> VoiceDetector:
    """WebRTC's detector for ``rate`` Hz; ``mode`` 0 (open) to 3 (strict; loses words). Raises AudioFormatError."""
    if rate not in RATES:
        raise AudioFormatError(f"voice activity needs a rate of {', '.join(map(str, RATES))} Hz, not {rate!r}")
    detector = webrtcvad.Vad(mode)
    return lambda frame: bool(detector.is_speech(frame, rate))
