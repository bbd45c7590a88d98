"""How well a model hears: word error rates of the tune and test splits, over a clean and a bad line, through our own
engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from transcription.engines.vosk import VoskEngine
from transcription.evaluate import word_errors
from transcription.models import find_model
from transcription.training import augment
from transcription.training.corpus import DIGITS, Utterance
from transcription.training.voices import RATE, Sound
from transcription.training.workers import spread

_QUIET = 0.3
"""Seconds of silence before and after a sentence."""
_BLOCK = 3200
"""Bytes handed to the recogniser at a time: 200 ms."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence and what was made of it. ``line``: clean or noisy."""

    reference: str
    heard: str
    kind: str
    line: str
    engine: str
    voice: str


def assess(
    model: Path,
    utterances: Sequence[tuple[Utterance, Sound]],
    workers: int,
    *,
    grammar: bool = False,
    title: str = "assessing",
) -> list[Heard]:
    """Every utterance over both lines. ``grammar``: with the digits as a run-time grammar (digit strings only)."""
    jobs = [
        (utterance, sound, line, number)
        for number, (utterance, sound) in enumerate(utterances)
        for line in ("clean", "noisy")
        if not grammar or utterance.kind == "digits"
    ]
    batches = [jobs[at::workers] for at in range(workers)]
    work = partial(_decode_all, model=model, grammar=list(DIGITS) if grammar else None)
    return [heard for batch in spread(title, work, batches, workers, chunk=1) for heard in batch]


def people(model: Path, directory: Path, *, grammar: bool) -> list[tuple[str, str]]:
    """Reference and hypothesis of recordings ``DIGIT_SPEAKER_N.wav`` of isolated digits at 8 kHz.

    ``grammar``: with the ten digits as a run-time grammar.
    """
    engine = VoskEngine(find_model(model))
    spoken = [digit for digit in DIGITS if digit != "oh"]
    found = []
    for file in sorted(directory.glob("*.wav")):
        digit = file.name.split("_")[0]
        if digit.isdecimal() and int(digit) < 10:
            sound = np.frombuffer(file.read_bytes()[44:], "<i2").astype(np.int16)
            found.append((spoken[int(digit)], _decode(engine, sound, spoken if grammar else None)))
    return found


def wer(heard: Sequence[Heard | tuple[str, str]]) -> float:
    """Word error rate, 0 upwards: substitutions, deletions and insertions per word said."""
    pairs = [one if isinstance(one, tuple) else (one.reference, one.heard) for one in heard]
    return word_errors([reference for reference, _ in pairs], [text for _, text in pairs]).rate


def of(heard: Sequence[Heard], **wanted: str) -> list[Heard]:
    """Those whose fields are as given."""
    return [one for one in heard if all(getattr(one, name) == value for name, value in wanted.items())]


def _decode_all(jobs: list[tuple[Utterance, Sound, str, int]], model: Path, grammar: list[str] | None) -> list[Heard]:
    engine = VoskEngine(find_model(model))
    found = []
    for utterance, sound, line, number in jobs:
        rng = np.random.default_rng(number)
        quiet = np.zeros(int(_QUIET * RATE), np.int16)
        over = augment.clean_line if line == "clean" else augment.noisy_line
        text = _decode(engine, over(np.concatenate([quiet, sound, quiet]), rng), grammar)
        found.append(Heard(utterance.text, text, utterance.kind, line, utterance.manner.engine, utterance.manner.voice))
    return found


def _decode(engine: VoskEngine, sound: Sound, grammar: list[str] | None) -> str:
    recogniser = engine.open(RATE, grammar)
    pcm = sound.tobytes()
    for at in range(0, len(pcm), _BLOCK):
        recogniser.accept(pcm[at : at + _BLOCK])
    return " ".join(word.text for word in recogniser.final())
