"""Cuts a channel into stretches of speech. A pure machine: samples in, effects out; time is counted in samples.

The thresholds are measured (two-leg calls, recordings of people): start on 3 voiced frames of 5, keep the 300 ms
before, go on 360 ms after the last voiced frame (the detector itself holds on for 120 ms), cut after 12 s at the
latest and, from 9 s on, at the first dip. A stretch opens with its pre-roll, so that no first word is lost, and two
stretches never overlap. Of the silence at its end 300 ms are handed out, which is all a recogniser looks ahead; the
rest only if speech goes on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from transcription.manner import Loudness
from transcription.vad import FRAME_MS, VoiceDetector


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    """Speech from sample ``at`` on (pre-roll included)."""

    at: int


@dataclass(frozen=True, slots=True)
class SegmentAudio:
    """The next samples of the open segment, without holes (but silence at its end may be left out); ``pcm`` is int16
    little-endian mono.
    """

    pcm: bytes


@dataclass(frozen=True, slots=True)
class SegmentEnded:
    """The segment ends before sample ``at``. ``forced``: cut for length, speech goes on in the next segment.
    ``level_db``: of its voiced frames, see ``transcription.manner.Loudness``.
    """

    at: int
    forced: bool = False
    level_db: float | None = None


@dataclass(frozen=True, slots=True)
class VoiceRun:
    """Raw voiced frames: samples ``start`` to ``end``. For talk ratio, talk-over and silence (never the segments)."""

    start: int
    end: int


Effect = SegmentStarted | SegmentAudio | SegmentEnded | VoiceRun


@dataclass(frozen=True, slots=True)
class SegmenterConfig:
    """Milliseconds unless named otherwise; ``start_voiced`` of the last ``start_window`` frames open a segment."""

    start_voiced: int = 3
    start_window: int = 5
    pre_roll_ms: int = 300
    hang_over_ms: int = 360
    tail_ms: int = 300
    dip_after_ms: int = 9000
    longest_ms: int = 12000


class Segmenter:
    """One channel's segmenter. ``position``: its first sample; ``speaking_from``: the sample an interrupted segment
    started at, which starts there again (a resumed channel).
    """

    def __init__(
        self,
        rate: int,
        is_voice: VoiceDetector,
        config: SegmenterConfig | None = None,
        *,
        position: int = 0,
        speaking_from: int | None = None,
    ) -> None:
        config = config or SegmenterConfig()
        self.rate = rate
        self._is_voice = is_voice
        self._frame = rate * FRAME_MS // 1000
        self._window: deque[bool] = deque(maxlen=config.start_window)
        self._start_voiced = config.start_voiced
        self._before: deque[bytes] = deque(maxlen=max(config.pre_roll_ms // FRAME_MS, config.start_window))
        self._hang_over = config.hang_over_ms // FRAME_MS
        self._tail = config.tail_ms // FRAME_MS
        self._held = b""
        self._loudness = Loudness()
        self._dip_after = config.dip_after_ms * rate // 1000
        self._longest = config.longest_ms * rate // 1000
        self._part = b""
        self._next = position
        self._position = position
        self._segment: int | None = None
        self._resume = speaking_from
        self._unvoiced = 0

    @property
    def position(self) -> int:
        """The sample after the last one classified."""
        return self._position

    @property
    def settled(self) -> int:
        """No segment that is open or may still open reaches before this sample."""
        if self._segment is not None:
            return self._segment
        return self._position - len(self._before) * self._frame

    def push(self, offset: int, pcm: bytes) -> list[Effect]:
        """Take whole samples starting at ``offset``. What overlaps the past is dropped; a jump forward is a hole, which
        ends an open segment.
        """
        effects: list[Effect] = []
        behind = self._next - offset
        if behind > 0:
            pcm = pcm[2 * behind :]
        elif behind < 0:
            effects += self._hole(offset)
        self._next += len(pcm) // 2
        data = self._part + pcm
        size = 2 * self._frame
        whole = len(data) - len(data) % size
        for start in range(0, whole, size):
            self._classify(data[start : start + size], effects)
        self._part = data[whole:]
        return effects

    def finish(self) -> list[Effect]:
        """The channel ends: close an open segment, including the last samples that make no whole frame."""
        effects: list[Effect] = []
        if self._segment is not None:
            if self._part:
                effects.append(SegmentAudio(self._part))
            effects.append(SegmentEnded(self._next, level_db=self._loudness.level_db))
        self._restart(self._next)
        return effects

    def _hole(self, offset: int) -> list[Effect]:
        effects = self.finish()
        self._restart(offset)
        return effects

    def _restart(self, position: int) -> None:
        self._part = b""
        self._window.clear()
        self._before.clear()
        self._segment = None
        self._unvoiced = 0
        self._held = b""
        self._position = self._next = position

    def _classify(self, frame: bytes, effects: list[Effect]) -> None:
        voiced = self._is_voice(frame)
        start = self._position
        self._position += self._frame
        if voiced:
            self._add_run(start, effects)
        if self._resume is not None and start >= self._resume:
            self._resume = None
            self._open(start, effects)
        if self._segment is None:
            self._wait(frame, voiced, effects)
        else:
            self._speak(frame, voiced, self._position - self._segment, effects)

    def _add_run(self, start: int, effects: list[Effect]) -> None:
        for index in range(len(effects) - 1, -1, -1):
            last = effects[index]
            if isinstance(last, VoiceRun):
                if last.end == start:
                    effects[index] = VoiceRun(last.start, self._position)
                    return
                break
        effects.append(VoiceRun(start, self._position))

    def _wait(self, frame: bytes, voiced: bool, effects: list[Effect]) -> None:
        self._window.append(voiced)
        self._before.append(frame)
        if sum(self._window) >= self._start_voiced:
            audio = b"".join(self._before)
            opening = list(zip(reversed(self._before), reversed(self._window), strict=False))
            self._open(self._position - len(audio) // 2, effects)
            for before, was_voiced in opening:  # of the pre-roll only the frames that opened it: the rest is noise
                if was_voiced:
                    self._loudness.add(before)
            effects.append(SegmentAudio(audio))

    def _open(self, at: int, effects: list[Effect]) -> None:
        self._segment = at
        self._unvoiced = 0
        self._held = b""
        self._loudness = Loudness()
        self._window.clear()
        self._before.clear()
        effects.append(SegmentStarted(at))

    def _speak(self, frame: bytes, voiced: bool, length: int, effects: list[Effect]) -> None:
        self._unvoiced = 0 if voiced else self._unvoiced + 1
        if voiced:
            self._loudness.add(frame)
        if self._unvoiced > self._tail:
            self._held += frame
        else:
            self._hand_out(self._held + frame, effects)
            self._held = b""
        if self._unvoiced >= self._hang_over:
            self._segment = None
            effects.append(SegmentEnded(self._position, level_db=self._loudness.level_db))
        elif length >= self._longest or (length >= self._dip_after and self._unvoiced == 2):
            effects.append(SegmentEnded(self._position, forced=True, level_db=self._loudness.level_db))
            self._open(self._position, effects)

    @staticmethod
    def _hand_out(audio: bytes, effects: list[Effect]) -> None:
        if effects and isinstance(effects[-1], SegmentAudio):
            effects[-1] = SegmentAudio(effects[-1].pcm + audio)
        else:
            effects.append(SegmentAudio(audio))
