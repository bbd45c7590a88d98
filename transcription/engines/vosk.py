"""The Vosk engine. Everything libvosk 0.3.45 answers with a hang, an abort or garbage is refused here, in Python:
rates out of range, empty or malformed grammars, grammars on a static graph, half samples, buffers that are not bytes.
A grammar is given when a recogniser is opened and never changed (SetGrammar while decoding aborts the process).
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import vosk

from transcription.expansion import expanded, expands
from transcription.models import InstalledModel, grammar_model
from transcription.recogniser import (
    UNKNOWN,
    Alternative,
    EngineInfo,
    Recogniser,
    RecogniserError,
    check_alternatives,
    check_grammar,
    check_pcm,
    check_rate,
    join_alternatives,
)
from transcription.training.openfst import check_whole
from transcription.utterances import Word
from voice.errors import DocumentError


class VoskEngine:
    """Loads the model once, and what takes its grammars; recognisers of all threads share it. Raises DocumentError."""

    def __init__(self, model: InstalledModel) -> None:
        vosk.SetLogLevel(-1)
        self._model = model
        self._free = load(model)
        self._grammar_model = grammar_model(model)
        self._constrained = None
        if self._grammar_model:
            shared = self._grammar_model == model and not expands(model)
            self._constrained = self._free if shared else _load(self._grammar_model, self._grammar_model.path)
        self._info = EngineInfo("vosk", importlib.metadata.version("vosk"), model.card)

    @property
    def info(self) -> EngineInfo:
        """Name, version and model."""
        return self._info

    def grammar_words(self) -> frozenset[str]:
        """See Engine.grammar_words."""
        return self._grammar_model.vocabulary if self._grammar_model else frozenset()

    def open(self, rate: int, grammar: Sequence[str] | None = None, alternatives: int = 0) -> Recogniser:
        """See Engine.open. Phrases with a word the model does not know are left out; it is an error if none is left."""
        checked = float(check_rate(rate))
        check_alternatives(alternatives)
        if grammar is None:
            return _VoskRecogniser(vosk.KaldiRecognizer(self._free, checked), rate, self._model, alternatives)
        phrases = check_grammar(grammar)
        if self._grammar_model is None:
            raise RecogniserError(f"model {self._model.card.name} takes no grammars")
        known = _known(phrases, self._grammar_model)
        native = vosk.KaldiRecognizer(self._constrained, checked, json.dumps(known))
        return _VoskRecogniser(native, rate, self._grammar_model, alternatives)


def _known(phrases: list[str], model: InstalledModel) -> list[str]:
    words = model.vocabulary
    known = [phrase for phrase in phrases if all(word in words for word in phrase.split())]
    if all(phrase == UNKNOWN for phrase in known):
        raise RecogniserError(f"model {model.card.name} knows the words of no phrase of the grammar")
    return known


def load(model: InstalledModel) -> Any:
    """libvosk's own model, for speech without a grammar. Raises DocumentError."""
    if not expands(model):
        return _load(model, model.path)
    with expanded(model) as path:
        return _load(model, path)


def _load(model: InstalledModel, path: Path) -> Any:
    look_ahead = path / "graph" / "HCLr.fst"
    if look_ahead.is_file():
        try:
            check_whole(look_ahead.read_bytes())
        except ValueError as error:  # libvosk loads the model all the same, and crashes at the first grammar
            raise DocumentError(look_ahead, None, str(error), "unpack the model again") from None
    try:
        return vosk.Model(str(path))
    except Exception as error:  # noqa: BLE001 - native edge: libvosk raises a bare Exception for files it cannot read
        raise DocumentError(model.path, None, f"libvosk cannot load it: {error}", "unpack the model again") from None


class _VoskRecogniser:
    def __init__(self, native: Any, rate: int, model: InstalledModel, alternatives: int) -> None:
        native.SetWords(True)
        native.SetMaxAlternatives(alternatives)
        self._native = native
        self._rate = rate
        self._chunk = model.chunk * rate // 100
        self._fed = 0
        self._segment_start = 0
        self._words: list[Word] = []
        self._readings: tuple[Alternative, ...] = ()
        self._settled: tuple[Alternative, ...] = ()

    def accept(self, pcm: bytes) -> bool:
        """See Recogniser.accept. Audio is decoded chunk by chunk, so it advanced when a chunk was filled."""
        samples = len(check_pcm(pcm)) // 2
        if not samples:
            return False
        before = self._fed // self._chunk
        self._fed += samples
        if self._native.AcceptWaveform(pcm):
            # libvosk's own end-pointer fired inside our segment: its words must be taken now, or it goes on firing.
            self._take(self._native.Result())
            return True
        return self._fed // self._chunk > before

    def partial(self) -> str:
        """See Recogniser.partial."""
        running = json.loads(self._native.PartialResult()).get("partial", "")
        return " ".join([*(word.text for word in self._words), *running.split()])

    def final(self) -> tuple[Word, ...]:
        """See Recogniser.final."""
        self._take(self._native.FinalResult())
        words, self._words = tuple(self._words), []
        self._settled, self._readings = self._readings, ()
        self._segment_start = self._fed
        return words

    def alternatives(self) -> tuple[Alternative, ...]:
        """See Recogniser.alternatives."""
        return self._settled

    def reset(self) -> None:
        """See Recogniser.reset."""
        self._native.Reset()
        self._words = []
        self._readings = ()
        self._segment_start = self._fed

    def cpu_elsewhere_s(self) -> float:
        """See Recogniser.cpu_elsewhere_s."""
        return 0.0

    def close(self) -> None:
        """See Recogniser.close. libvosk frees its decoder with the last reference."""

    def _take(self, result: str) -> None:
        found = json.loads(result)
        if "alternatives" not in found:
            self._words += self._heard(found)
            return
        readings = tuple(Alternative(self._heard(reading), reading["confidence"]) for reading in found["alternatives"])
        self._words += readings[0].words
        self._readings = join_alternatives(self._readings, readings)

    def _heard(self, found: dict[str, Any]) -> tuple[Word, ...]:
        # Times count on from the recogniser's first sample, over final results and resets.
        start = self._segment_start / self._rate
        return tuple(
            Word(
                word["word"],
                max(0.0, word["start"] - start),
                max(0.0, word["end"] - start),
                min(1.0, word.get("conf", 1.0)),
            )
            for word in found.get("result", ())
        )
