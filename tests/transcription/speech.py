"""Sound for tests: golden speech, and tones that a scripted detector takes for voice."""

from __future__ import annotations

from pathlib import Path

from voice.audio import read_wav

GOLDEN = Path(__file__).parents[1] / "golden" / "speech"
RATE = 8000
FRAME = RATE * 20 // 1000


def golden(name: str) -> tuple[bytes, str]:
    """Samples (8 kHz) and the words said."""
    return read_wav(GOLDEN / f"{name}.wav", RATE), (GOLDEN / f"{name}.txt").read_text().strip()


def loud(seconds: float) -> bytes:
    """Samples ``sounds`` calls voice."""
    return b"\x10\x10" * round(seconds * RATE)


def quiet(seconds: float) -> bytes:
    """Digital silence."""
    return bytes(2 * round(seconds * RATE))


def sounds(frame: bytes) -> bool:
    """A detector: voice is whatever is not zero."""
    return any(frame)
