"""How good and how fast an engine is on recordings whose words are known: ``callfloor evaluate DIR``.

A recording is given to the server's own road (voice activity, then the recogniser) as a call would bring it, 100 ms at
a time, on a clock that jumps: it moves with the audio, and by what the machine really needed for each piece. So the
latencies are those of one live call, at whatever speed the recordings go through. Nothing is redacted: a placeholder
would count as an error.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import numpy as np
import psutil
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from transcription.decoder import FinalHeard, Heard, PartialHeard
from transcription.evaluate import Aligned, WordErrors, align, word_errors
from transcription.recogniser import RATE_MAX, RATE_MIN, Engine, EngineInfo
from transcription.sounds import Sound, read_sound
from transcription.transcribe import channel_decoder
from transcription.utterances import Word
from voice.errors import DocumentError

PIECE_S = 0.1
SILENCE_S = 1.0
"""Appended to each recording, so that its last words are ended by the end-pointer, as on a call."""
REFERENCES = "references.json"


class Reference(BaseModel):
    """A recording and the words said in it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    text: str


@dataclass(frozen=True)
class Measured:
    """One recording. In seconds: ``seconds`` long; ``cpu_s`` used; ``first_partials``: from an utterance's first
    word's beginning to its first partial; ``finals``: from the end of its last word to its final.
    """

    file: str
    reference: str
    heard: str
    seconds: float
    cpu_s: float
    first_partials: tuple[float, ...]
    finals: tuple[float, ...]

    @property
    def errors(self) -> WordErrors:
        """Against the reference."""
        return word_errors([self.reference], [self.heard])

    @property
    def alignment(self) -> tuple[Aligned, ...]:
        """Word by word."""
        return align(self.reference, self.heard)


@dataclass(frozen=True)
class Summary:
    """Sums and percentiles. ``rtf``: CPU seconds per second of audio; latencies in seconds, None without utterances."""

    errors: WordErrors
    seconds: float
    rtf: float
    first_partial_p50: float | None
    first_partial_p95: float | None
    final_p50: float | None
    final_p95: float | None


@dataclass(frozen=True)
class Evaluation:
    """All recordings of a directory on one engine."""

    engine: EngineInfo
    files: tuple[Measured, ...]

    @property
    def total(self) -> Summary:
        """Over all files; percentiles over all utterances."""
        return summary(self.files)

    def json(self) -> str:
        """Everything, the alignment of each file included."""
        files = [
            {"file": one.file, **_fields(summary([one])), "reference": one.reference, "heard": one.heard}
            | {"alignment": [dataclasses.asdict(pair) for pair in one.alignment]}
            for one in self.files
        ]
        named = {"engine": self.engine.name, "version": self.engine.version, "model": self.engine.model.name}
        return json.dumps({**named, "total": _fields(self.total), "files": files}, ensure_ascii=False)


def references(directory: Path) -> list[tuple[Path, str]]:
    """Recordings of ``directory`` and what is said in them, as its references.json has it. Raises DocumentError."""
    file = directory / REFERENCES
    try:
        listed = TypeAdapter(list[Reference]).validate_json(file.read_bytes())
    except OSError as error:
        raise DocumentError(file, None, f"cannot be read ({error.strerror})", "name the directory it lies in") from None
    except ValidationError as errors:
        first = errors.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "it"
        raise DocumentError(
            file, None, f"{where}: {first['msg']}", 'write [{"file": "NAME.wav", "text": "..."}]'
        ) from None
    if not listed:
        raise DocumentError(file, None, "it names no recording", 'write [{"file": "NAME.wav", "text": "..."}]')
    for reference in listed:
        if not (directory / reference.file).is_file():
            raise DocumentError(file, None, f"no such file: {reference.file}", "correct the name")
    return [(directory / reference.file, reference.text) for reference in listed]


def evaluate(
    directory: Path,
    engine: Engine,
    progress: Callable[[int, int, str], object] = lambda done, of, file: None,
) -> Evaluation:
    """Every recording of ``directory``. ``progress`` hears how many of how many are done, and which is next.

    Raises DocumentError, RecogniserError.
    """
    listed = references(directory)
    measured = []
    for number, (file, text) in enumerate(listed):
        progress(number, len(listed), file.name)
        measured.append(measure(file.name, read_sound(file), text, engine))
    progress(len(listed), len(listed), "")
    return Evaluation(engine.info, tuple(measured))


def measure(name: str, sound: Sound, reference: str, engine: Engine) -> Measured:
    """One recording (its channels mixed) through a recogniser of its own. Raises RecogniserError."""
    sound = sound.mono().at(min(max(sound.rate, RATE_MIN), RATE_MAX))
    samples = np.concatenate([sound.channels[0], np.zeros(int(SILENCE_S * sound.rate), np.int16)])
    pcm, step = samples.astype("<i2").tobytes(), 2 * int(PIECE_S * sound.rate)
    decoder = channel_decoder(sound.rate, engine.open(sound.rate))
    timing, began = _Timing(), cpu_s()
    try:
        now_s = 0.0
        for start in range(0, len(pcm), step):
            piece = pcm[start : start + step]
            now_s = max(now_s, (start + len(piece)) / 2 / sound.rate)
            before = time.perf_counter()
            heard = decoder.feed(start // 2, piece)
            now_s += time.perf_counter() - before
            timing.take(heard, now_s)
        timing.take(decoder.finish(), now_s)
        used = cpu_s() - began
    finally:
        decoder.close()
    text = " ".join(word.text for word in timing.words)
    return Measured(name, reference, text, sound.seconds, used, tuple(timing.first_partials), tuple(timing.finals))


class _Timing:
    """When words were first shown, and when settled, against when they were said."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.first_partials: list[float] = []
        self.finals: list[float] = []
        self._shown_at: float | None = None

    def take(self, heard: Sequence[Heard], now_s: float) -> None:
        for item in heard:
            if isinstance(item, PartialHeard) and self._shown_at is None:
                self._shown_at = now_s
            elif isinstance(item, FinalHeard):
                self._settle(item, now_s)

    def _settle(self, final: FinalHeard, now_s: float) -> None:
        shown_at, self._shown_at = self._shown_at, None
        if not final.words:
            return
        self.words += final.words
        self.finals.append(now_s - final.words[-1].end_s)
        # Without a partial the final was the first to be seen.
        self.first_partials.append((now_s if shown_at is None else shown_at) - final.words[0].start_s)


def summary(files: Sequence[Measured]) -> Summary:
    """Of one file or many."""
    seconds = sum(one.seconds for one in files)
    partials = [latency for one in files for latency in one.first_partials]
    finals = [latency for one in files for latency in one.finals]
    return Summary(
        word_errors([one.reference for one in files], [one.heard for one in files]),
        seconds,
        sum(one.cpu_s for one in files) / seconds if seconds else 0.0,
        *(percentile(partials, share) for share in (50, 95)),
        *(percentile(finals, share) for share in (50, 95)),
    )


def percentile(values: Sequence[float], share: int) -> float | None:
    """The ``share`` (1..99) percentile; None of nothing."""
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[share - 1]


def cpu_s() -> float:
    """CPU seconds this process and its children (engines may run there) have used so far."""
    spent = os.times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return total


def _fields(found: Summary) -> dict[str, object]:
    return {"wer": round(found.errors.rate, 4), **dataclasses.asdict(found)}
