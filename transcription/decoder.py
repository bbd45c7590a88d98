"""One channel's way from samples to words: segmenter, then recogniser. Synchronous and without I/O; the server runs it
on a worker thread, one batch at a time. What comes out is not redacted yet and must not leave the process as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from transcription.recogniser import Recogniser
from transcription.segmenter import Effect, SegmentAudio, SegmentEnded, Segmenter, SegmentStarted, VoiceRun
from transcription.utterances import Word
from transcription.vad import FRAME_MS

# Redaction mutes 250 ms around what it hides. What lies that close before speech that may still come is not decided.
MARGIN_MS = 13 * FRAME_MS


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """The open segment ``start``..``end`` (samples) may hold ``text``. Only sent when the text changed."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class FinalHeard:
    """The segment ``start``..``end`` (samples) held ``words``, with times in seconds of the channel's stream."""

    start: int
    end: int
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """Everything before ``sample`` is silence or final. ``voiced``: raw runs of voice since the last Decided."""

    sample: int
    voiced: tuple[VoiceRun, ...]


Heard = PartialHeard | FinalHeard | Decided


class ChannelDecoder:
    """Feeds one channel. Not thread-safe: one call at a time, from whichever thread."""

    def __init__(self, segmenter: Segmenter, recogniser: Recogniser) -> None:
        self._segmenter = segmenter
        self._recogniser = recogniser
        self._margin = MARGIN_MS * segmenter.rate // 1000
        self._decided = segmenter.position
        self._start: int | None = None
        self._text = ""

    @property
    def position(self) -> int:
        """The sample after the last one decoded."""
        return self._segmenter.position

    def feed(self, offset: int, pcm: bytes, *, partials: bool = True) -> list[Heard]:
        """Decode a batch that begins at sample ``offset``; with ``partials`` one partial at most, for its end."""
        heard, advanced, voiced = self._perform(self._segmenter.push(offset, pcm))
        if partials and advanced and self._start is not None:
            text = self._recogniser.partial()
            if text and text != self._text:
                self._text = text
                heard.append(PartialHeard(self._start, self._segmenter.position, text))
        return [*heard, self._decide(self._segmenter.settled - self._margin, voiced)]

    def finish(self) -> list[Heard]:
        """The channel ends: the final of the open segment, if any; then everything is decided."""
        heard, _, voiced = self._perform(self._segmenter.finish())
        return [*heard, self._decide(self._segmenter.position, voiced)]

    def _perform(self, effects: list[Effect]) -> tuple[list[Heard], bool, tuple[VoiceRun, ...]]:
        heard: list[Heard] = []
        advanced = False
        for effect in effects:
            match effect:
                case SegmentStarted(at):
                    self._start, self._text, advanced = at, "", False
                case SegmentAudio(pcm):
                    advanced = self._recogniser.accept(pcm) or advanced
                case SegmentEnded(at):
                    heard.append(self._final(at))
                case VoiceRun():
                    pass
        return heard, advanced, tuple(effect for effect in effects if isinstance(effect, VoiceRun))

    def _final(self, end: int) -> FinalHeard:
        start = end if self._start is None else self._start
        begin_s = start / self._segmenter.rate
        words = tuple(
            replace(word, start_s=begin_s + word.start_s, end_s=begin_s + word.end_s)
            for word in self._recogniser.final()
        )
        self._start = None
        return FinalHeard(start, end, words)

    def _decide(self, sample: int, voiced: tuple[VoiceRun, ...]) -> Decided:
        self._decided = max(self._decided, sample)
        return Decided(self._decided, voiced)
