"""Prompts on their way to the caller: a source the media thread pulls 20 ms at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass
class _Playing:
    token: int
    pcm: memoryview
    loop: bool
    position: int = 0
    begun: bool = False


class PromptPlayer:
    """A ``voice.phone.FrameSource`` that plays one run of samples at a time, once or again and again.

    ``play`` and ``stop`` belong to the asyncio thread; ``read`` to the media thread, where ``on_finished(token)`` is
    called when the last sample was handed out, and ``on_started(token)`` with the first (they must only forward).
    A stop takes effect at the next frame.
    """

    def __init__(self, on_finished: Callable[[int], object], on_started: Callable[[int], object] | None = None) -> None:
        self._on_finished = on_finished
        self._on_started = on_started
        self._lock = Lock()
        self._playing: _Playing | None = None

    def play(self, token: int, pcm: bytes, *, loop: bool = False) -> None:
        """Play int16 samples instead of what plays now. Nothing to play finishes at once."""
        with self._lock:
            self._playing = _Playing(token, memoryview(pcm), loop) if pcm else None
        if not pcm:
            self._on_finished(token)

    def stop(self) -> None:
        """Silence from the next frame on; ``on_finished`` is not called."""
        with self._lock:
            self._playing = None

    def read(self, samples: int) -> bytes | None:
        """The next ``samples`` samples, padded with silence at the end; None when nothing plays."""
        wanted = 2 * samples
        with self._lock:
            playing = self._playing
            if playing is None:
                return None
            at_start, playing.begun = not playing.begun, True
            chunk = bytes(playing.pcm[playing.position : playing.position + wanted])
            playing.position += wanted
            at_end = playing.position >= len(playing.pcm)
            if at_end:
                playing.position = 0
                self._playing = playing if playing.loop else None
        if at_start and self._on_started is not None:
            self._on_started(playing.token)
        if at_end and not playing.loop:
            self._on_finished(playing.token)
        return chunk + bytes(wanted - len(chunk))
