"""One channel's way from samples to words: segmenter, then recogniser. Synchronous and without I/O; the server runs it
on a worker thread, one batch at a time. What comes out is not redacted yet and must not leave the process as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from transcription.recogniser import Alternative, Recogniser
from transcription.segmenter import Effect, SegmentAudio, SegmentEnded, Segmenter, SegmentStarted, VoiceRun
from transcription.utterances import Word
from transcription.vad import FRAME_MS

# Redaction mutes 250 ms around what it hides. What lies that close before speech that may still come is not decided.
MARGIN_MS = 13 * FRAME_MS
# A word that nothing follows is told from one still growing by standing: the decoder has then moved on at least twice.
STANDS_MS = 250


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """The open segment ``start``..``end`` (samples) may hold ``text``. Only sent when the text changed and, with
    ``stands``, once more when it is still the same after ``STANDS_MS`` of further sound.
    """

    start: int
    end: int
    text: str
    stands: bool = False


@dataclass(frozen=True, slots=True)
class FinalHeard:
    """The segment ``start``..``end`` (samples) held ``words``, with times in seconds of the channel's stream.

    ``alternatives``: other readings, where the recogniser was opened to give them. ``level_db``: how loud its voiced
    frames were.
    """

    start: int
    end: int
    words: tuple[Word, ...]
    alternatives: tuple[Alternative, ...] = ()
    level_db: float | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Everything before ``sample`` is silence or final. ``voiced``: raw runs of voice since the last Decided."""

    sample: int
    voiced: tuple[VoiceRun, ...]


Heard = PartialHeard | FinalHeard | Decided


@dataclass(frozen=True, slots=True)
class Batch:
    """What the segmenter made of some samples up to ``end``. ``idle``: nothing of it concerns the recogniser, so
    ``decode`` returns at once. ``settled``: no segment that is open or may still open reaches before this sample.
    """

    effects: tuple[Effect, ...]
    end: int
    settled: int

    @property
    def idle(self) -> bool:
        """Silence: there is nothing to decode."""
        return all(isinstance(effect, VoiceRun) for effect in self.effects)


class ChannelDecoder:
    """Feeds one channel. ``listen`` (voice activity, microseconds) belongs on the loop; ``decode`` may take long and
    belongs on a worker thread unless the batch is idle. Batches are decoded in the order they were listened to.
    """

    def __init__(self, segmenter: Segmenter, recogniser: Recogniser) -> None:
        self._segmenter = segmenter
        self._recogniser = recogniser
        self._margin = MARGIN_MS * segmenter.rate // 1000
        self._stands = STANDS_MS * segmenter.rate // 1000
        self._decided = self._position = segmenter.position
        self._start: int | None = None
        self._text = ""
        self._text_since: int | None = None

    @property
    def position(self) -> int:
        """The sample after the last one decoded."""
        return self._position

    def feed(self, offset: int, pcm: bytes, *, partials: bool = True) -> list[Heard]:
        """``listen`` and ``decode`` in one."""
        return self.decode(self.listen(offset, pcm), partials=partials)

    def listen(self, offset: int, pcm: bytes) -> Batch:
        """Whole samples that begin at sample ``offset``, cut into speech and silence."""
        effects = tuple(self._segmenter.push(offset, pcm))
        return Batch(effects, self._segmenter.position, self._segmenter.settled - self._margin)

    def decode(self, batch: Batch, *, partials: bool = True) -> list[Heard]:
        """The words of a batch; with ``partials`` one partial at most, for its end."""
        heard, advanced, voiced = self._perform(batch.effects)
        self._position = batch.end
        if partials and advanced and self._start is not None:
            heard += self._partial(self._start, batch.end)
        return [*heard, self._decide(batch.settled, voiced)]

    def finish(self) -> list[Heard]:
        """The channel ends: the final of the open segment, if any; then everything is decided."""
        heard, _, voiced = self._perform(tuple(self._segmenter.finish()))
        self._position = self._segmenter.position
        return [*heard, self._decide(self._position, voiced)]

    def cpu_elsewhere_s(self) -> float:
        """See Recogniser.cpu_elsewhere_s."""
        return self._recogniser.cpu_elsewhere_s()

    def close(self) -> None:
        """Release the recogniser."""
        self._recogniser.close()

    def _perform(self, effects: tuple[Effect, ...]) -> tuple[list[Heard], bool, tuple[VoiceRun, ...]]:
        heard: list[Heard] = []
        advanced = False
        for effect in effects:
            match effect:
                case SegmentStarted(at):
                    self._start, self._text, self._text_since, advanced = at, "", None, False
                case SegmentAudio(pcm):
                    advanced = self._recogniser.accept(pcm) or advanced
                case SegmentEnded(at, level_db=level_db):
                    heard.append(self._final(at, level_db))
                case VoiceRun():
                    pass
        return heard, advanced, tuple(effect for effect in effects if isinstance(effect, VoiceRun))

    def _partial(self, start: int, end: int) -> list[PartialHeard]:
        text = self._recogniser.partial()
        if text and text != self._text:
            self._text, self._text_since = text, end
            return [PartialHeard(start, end, text)]
        if text and self._text_since is not None and end - self._text_since >= self._stands:
            self._text_since = None
            return [PartialHeard(start, end, text, stands=True)]
        return []

    def _final(self, end: int, level_db: float | None) -> FinalHeard:
        start = end if self._start is None else self._start
        begin_s = start / self._segmenter.rate
        words = _moved(self._recogniser.final(), begin_s)
        readings = tuple(
            Alternative(_moved(reading.words, begin_s), reading.score) for reading in self._recogniser.alternatives()
        )
        self._start = None
        return FinalHeard(start, end, words, readings, level_db)

    def _decide(self, sample: int, voiced: tuple[VoiceRun, ...]) -> Decided:
        self._decided = max(self._decided, sample)
        return Decided(self._decided, voiced)


def _moved(words: tuple[Word, ...], by_s: float) -> tuple[Word, ...]:
    return tuple(replace(word, start_s=by_s + word.start_s, end_s=by_s + word.end_s) for word in words)
