from __future__ import annotations

import ctypes

import pytest

import voice.sip.media
from tests.fakes.clock import VirtualClock
from voice.audio import AudioFrame
from voice.sip.media import Batcher, NaiveCopy, PointerCopy, blank_frame, choose_copy

FRAME = b"\x01\x02" * 160


class Sink:
    def __init__(self, failures: int = 0) -> None:
        self.frames: list[AudioFrame] = []
        self._failures = failures

    def write(self, frame: AudioFrame) -> None:
        if self._failures:
            self._failures -= 1
            raise RuntimeError("full")
        self.frames.append(frame)


def test_five_frames_make_a_batch_of_100_ms() -> None:
    sink, clock = Sink(), VirtualClock(start=50.0)
    batcher = Batcher(sink, 8000, 100, clock)
    for _ in range(11):
        batcher.take(FRAME)
    assert [(frame.offset, frame.samples, frame.rate, frame.captured_at) for frame in sink.frames] == [
        (0, 800, 8000, 50.0), (800, 800, 8000, 50.0),
    ]  # fmt: skip
    assert sink.frames[0].pcm == FRAME * 5


def test_what_is_left_when_the_source_goes_comes_short_and_time_stands_still_after_it() -> None:
    sink = Sink()
    batcher = Batcher(sink, 8000, 100, VirtualClock())
    batcher.take(FRAME)
    batcher.flush()
    batcher.flush()
    for _ in range(5):
        batcher.take(FRAME)
    assert [(frame.offset, frame.samples) for frame in sink.frames] == [(0, 160), (160, 800)]


def test_a_sink_that_fails_once_loses_its_batch_but_not_the_time() -> None:
    sink = Sink(failures=1)
    batcher = Batcher(sink, 8000, 20, VirtualClock())
    with pytest.raises(RuntimeError):
        batcher.take(FRAME)
    batcher.take(FRAME)
    assert [(frame.offset, frame.samples) for frame in sink.frames] == [(160, 160)]


def test_pointers_and_sequences_agree() -> None:
    fast, safe = PointerCopy(), NaiveCopy()
    assert isinstance(choose_copy(), PointerCopy)
    for pcm in (b"", b"\x00\xff", FRAME, bytes(range(256)) * 5):
        frame = blank_frame(pcm)
        assert fast.read(frame) == safe.read(frame) == pcm
        fast.write(frame, FRAME)
        assert safe.read(frame) == FRAME


def test_a_foreign_vector_layout_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shifted(ctypes.Structure):
        """As if the first two words were begin and capacity in another order."""

        _fields_ = (("pad", ctypes.c_void_p * 2),)

        def __iter__(self) -> object:
            return iter((self.pad[1], self.pad[0]))

    monkeypatch.setattr(voice.sip.media, "_Span", Shifted)
    assert isinstance(choose_copy(), NaiveCopy)
