"""A recogniser that hears one word of its script in every 0.2 s of sound; passes the contract of the real ones."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from transcription.models import ModelCard
from transcription.recogniser import (
    Alternative,
    EngineInfo,
    RecogniserError,
    check_alternatives,
    check_grammar,
    check_pcm,
    check_rate,
)
from transcription.utterances import Word

WORD_S = 0.2


class ScriptedRecogniser:
    def __init__(self, rate: int, script: Sequence[str], alternatives: int = 0) -> None:
        self._alternatives = alternatives
        self._settled: tuple[Alternative, ...] = ()
        self._step = int(WORD_S * rate)
        self._script = script
        self._heard = 0
        self.finals = 0
        self.closed = False

    def accept(self, pcm: bytes) -> bool:
        before = self._heard // self._step
        self._heard += len(check_pcm(pcm)) // 2
        return self._heard // self._step > before

    def partial(self) -> str:
        return " ".join(word.text for word in self._words())

    def final(self) -> tuple[Word, ...]:
        words = self._words()
        self._settled = tuple(Alternative(words, -float(rank)) for rank in range(self._alternatives))
        self._heard = 0
        self.finals += 1
        return words

    def alternatives(self) -> tuple[Alternative, ...]:
        return self._settled

    def reset(self) -> None:
        self._heard = 0

    def cpu_elsewhere_s(self) -> float:
        return 0.0

    def close(self) -> None:
        self.closed = True

    def _words(self) -> tuple[Word, ...]:
        count = self._heard // self._step
        return tuple(
            Word(self._script[index % len(self._script)], index * WORD_S, (index + 1) * WORD_S, 0.9)
            for index in range(count)
        )


class ScriptedEngine:
    """``gate``: decoding waits for it (set it to let decoding go on); ``opened``: recognisers made so far."""

    def __init__(self, script: Sequence[str] = ("alpha", "beta", "gamma"), name: str = "script") -> None:
        self._script = script
        self._name = name
        self.opened: list[tuple[int, tuple[str, ...] | None]] = []
        self.gate = threading.Event()
        self.gate.set()

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("scripted", "1", ModelCard(name=self._name, rate=8000))

    def grammar_words(self) -> frozenset[str]:
        return frozenset((*self._script, "billing", "sales", "refund"))

    def open(self, rate: int, grammar: Sequence[str] | None = None, alternatives: int = 0) -> ScriptedRecogniser:
        check_rate(rate)
        check_alternatives(alternatives)
        phrases = check_grammar(grammar) if grammar is not None else None
        if phrases == ["impossible"]:
            raise RecogniserError("no phrase of the grammar is known")
        self.gate.wait(10)
        self.opened.append((rate, tuple(phrases) if phrases else None))
        return ScriptedRecogniser(rate, phrases or self._script, alternatives)
