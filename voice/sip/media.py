"""Our own ports in the conference bridge: a tap that hears, a source that speaks.

Both run on PJMEDIA's clock thread, 50 times a second each, so they copy frames through the C++ vector's own pointers
(3.7 µs) where ``bytes(vector)`` takes 450-700 µs, and they let no exception out.
"""

from __future__ import annotations

import ctypes
import logging
from typing import Any, Protocol

import pjsua2 as pj

from voice.audio import AudioFrame, AudioSink
from voice.clock import Clock
from voice.phone import FrameSource

FRAME_MS = 20
log = logging.getLogger(__name__)

_Span = ctypes.c_void_p * 2  # std::vector<unsigned char> of libstdc++ and libc++ begins with: begin, end


class FrameCopy(Protocol):
    """Moves samples out of and into a ``pj.MediaFrame``; the frame and its vector die with the callback."""

    def read(self, frame: Any) -> bytes:
        """The bytes of ``frame.buf``."""

    def write(self, frame: Any, pcm: bytes) -> None:
        """Make ``pcm`` the bytes of ``frame.buf``."""


class NaiveCopy:
    """By SWIG's sequence protocol: always right, too slow for more than a few ports."""

    def read(self, frame: Any) -> bytes:
        """The bytes of ``frame.buf``, one Python int at a time."""
        return bytes(frame.buf)

    def write(self, frame: Any, pcm: bytes) -> None:
        """Assigning bytes raises TypeError, hence the vector."""
        frame.buf = pj.ByteVector(pcm)


class PointerCopy:
    """By the vector's begin and end pointers; use only where ``choose_copy`` found that the layout is as expected."""

    def read(self, frame: Any) -> bytes:
        """The bytes of ``frame.buf`` in one memcpy."""
        begin, end = _Span.from_address(int(frame.buf.this))
        return ctypes.string_at(begin, end - begin) if begin and end else b""

    def write(self, frame: Any, pcm: bytes) -> None:
        """Let C++ size the vector, then one memcpy."""
        vector = frame.buf
        vector.resize(len(pcm))
        begin = _Span.from_address(int(vector.this))[0]
        if begin:
            ctypes.memmove(begin, pcm, len(pcm))


def blank_frame(pcm: bytes) -> Any:
    """A ``pj.MediaFrame`` of our own that holds ``pcm``."""
    frame = pj.MediaFrame()
    NaiveCopy().write(frame, pcm)
    return frame


def choose_copy() -> FrameCopy:
    """PointerCopy if it agrees with NaiveCopy on vectors of our own, in both directions, grown and shrunk."""
    fast, safe = PointerCopy(), NaiveCopy()
    patterns = [bytes(range(1, 241)), b"\x01\x02" * 320, b"\x7f\x80"]
    for pattern in patterns:
        frame = blank_frame(pattern)
        begin, end = _Span.from_address(int(frame.buf.this))
        # Sizes first: a foreign layout must be noticed before its words are followed as pointers.
        if not begin or not end or end - begin != len(pattern) or fast.read(frame) != pattern:
            log.warning("unknown std::vector layout: audio frames are copied slowly")
            return safe
    frame = pj.MediaFrame()
    for pattern in patterns:
        fast.write(frame, pattern)
        if safe.read(frame) != pattern:
            log.warning("unknown std::vector layout: audio frames are copied slowly")
            return safe
    return fast


class Batcher:
    """Frames of 20 ms into ``AudioFrame`` of ``batch_ms``. Not thread-safe: one thread at a time.

    ``offset`` counts the samples this port has heard; while nothing is connected no samples exist.
    """

    def __init__(self, sink: AudioSink, rate: int, batch_ms: int, clock: Clock) -> None:
        self._sink = sink
        self._rate = rate
        self._batch_bytes = 2 * rate * batch_ms // 1000
        self._clock = clock
        self._parts: list[bytes] = []
        self._size = 0
        self._offset = 0

    def take(self, pcm: bytes) -> None:
        """One frame's samples."""
        self._parts.append(pcm)
        self._size += len(pcm)
        if self._size >= self._batch_bytes:
            self.flush()

    def flush(self) -> None:
        """Hand over what is waiting, however short: the source went away."""
        if not self._parts:
            return
        pcm = b"".join(self._parts)
        offset = self._offset
        self._parts, self._size = [], 0
        self._offset += len(pcm) // 2  # before the sink, which may raise: its loss must not shift later audio
        self._sink.write(AudioFrame(pcm, offset, self._rate, self._clock.monotonic()))


class _Port(pj.AudioMediaPort):  # type: ignore[misc]
    """A mono 16-bit port at ``rate`` Hz. ``faults`` counts exceptions of the object behind it."""

    def __init__(self, name: str, rate: int) -> None:
        super().__init__()
        self.faults = 0
        self.rate = rate
        self._label = name
        audio = pj.MediaFormatAudio()
        audio.type = pj.PJMEDIA_TYPE_AUDIO
        audio.clockRate = rate
        audio.channelCount = 1
        audio.bitsPerSample = 16
        audio.frameTimeUsec = FRAME_MS * 1000
        self.createPort(name, audio)

    def _fault(self) -> None:
        self.faults += 1
        if self.faults == 1:  # 50 a second would drown the log
            log.exception("audio port %r: its handler failed; further failures are only counted", self._label)


class TapPort(_Port):
    """Hears: hands batches to a sink."""

    def __init__(self, name: str, rate: int, batcher: Batcher, copy: FrameCopy) -> None:
        self.batcher = batcher  # replaced by one assignment from the command thread, hence no lock
        self._copy = copy
        super().__init__(name, rate)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802, D102 - pjsua2's name; media thread
        try:
            if frame.size:
                self.batcher.take(self._copy.read(frame))
            else:  # nobody transmits to this port now
                self.batcher.flush()
        except Exception:  # noqa: BLE001 - native callback edge: nothing may escape into the media thread
            self._fault()


class SourcePort(_Port):
    """Speaks: pulls samples from a source."""

    def __init__(self, name: str, rate: int, source: FrameSource, copy: FrameCopy) -> None:
        self.source = source  # replaced by one assignment from the command thread, hence no lock
        self._copy = copy
        super().__init__(name, rate)

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802, D102 - pjsua2's name; media thread
        try:
            size = frame.size
            pcm = self.source.read(size // 2)
            if pcm is None:
                frame.type = pj.PJMEDIA_FRAME_TYPE_NONE
                return
            if len(pcm) != size:
                raise ValueError(f"source gave {len(pcm)} bytes of {size}")
            frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
            self._copy.write(frame, pcm)
        except Exception:  # noqa: BLE001 - native callback edge: nothing may escape into the media thread
            frame.type = pj.PJMEDIA_FRAME_TYPE_NONE
            self._fault()
