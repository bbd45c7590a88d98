"""What a station plays itself: the zip tone, and music for whom it holds. FrameSources, read on the media thread."""

from __future__ import annotations

import array
import math
from collections.abc import Callable
from typing import Final

ZIP_HZ: Final = 480
ZIP_S: Final = 0.25
ZIP_LEVEL: Final = 32767 * 10 ** (-20 / 20)
_FADE_S: Final = 0.01


def zip_tone(rate: int) -> bytes:
    """int16 mono: a short beep at -20 dBFS, faded in and out, that tells an agent of a call answered for her."""
    count, fade = round(ZIP_S * rate), _FADE_S * rate
    tone = array.array("h")
    for n in range(count):
        level = ZIP_LEVEL * min(1.0, n / fade, (count - n) / fade)
        tone.append(round(level * math.sin(2 * math.pi * ZIP_HZ * n / rate)))
    return tone.tobytes()


class Once:
    """Plays what it is given, once; silence otherwise. ``on_end`` is called on the media thread when it is over."""

    def __init__(self, on_end: Callable[[], None] = lambda: None) -> None:
        self._rest = memoryview(b"")
        self._on_end = on_end

    def play(self, pcm: bytes) -> None:
        """Begin; what was playing is cut. One assignment, hence no lock."""
        self._rest = memoryview(pcm)

    def read(self, samples: int) -> bytes | None:
        """See FrameSource."""
        rest = self._rest
        if not rest:
            return None
        self._rest = rest[2 * samples :]
        if not self._rest:
            self._on_end()
        return bytes(rest[: 2 * samples]).ljust(2 * samples, b"\0")


class Loop:
    """Plays ``pcm`` again and again; silence where there is none."""

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm
        self._at = 0

    def read(self, samples: int) -> bytes | None:
        """See FrameSource."""
        if not self._pcm:
            return None
        wanted = 2 * samples
        piece = self._pcm[self._at : self._at + wanted]
        while len(piece) < wanted:
            piece += self._pcm[: wanted - len(piece)]
        self._at = (self._at + wanted) % len(self._pcm)
        return piece
