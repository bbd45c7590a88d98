"""Sound for tests: golden speech, and tones that a scripted detector takes for voice."""

from __future__ import annotations

from pathlib import Path

from transcription.evaluate import normalise, word_errors
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


def understood(reference: str, text: str, errors: float = 0.34) -> bool:
    """Whether ``text`` is ``reference`` but for a share of wrong words: over real RTP a sentence is never the
    same sound twice, and a name the model hardly knows ("anna", "alice") changes from call to call.
    """
    return word_errors([normalise(reference)], [normalise(text)]).rate <= errors
