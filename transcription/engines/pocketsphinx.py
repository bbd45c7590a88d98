"""The pocketsphinx engine (extra ``callfloor[pocketsphinx]``) on the English model that comes with it.

For machines without a Vosk model of their language, and for grammars. On people's telephone speech it gets most words
wrong (docs/recognition.md). Each recogniser is a process (``transcription.engines.sphinx_worker``).
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from transcription.engines import sphinx_worker
from transcription.engines.sphinx_worker import Heard, Task
from transcription.models import ModelCard
from transcription.recogniser import (
    UNKNOWN,
    Alternative,
    EngineInfo,
    RecogniserError,
    check_alternatives,
    check_grammar,
    check_pcm,
    check_rate,
    reject,
)
from transcription.resampling import Resampler
from transcription.utterances import Word
from voice.errors import DocumentError

UNSURE = 0.3
"""Below this probability two of three words of a grammar are wrong; they count as ``[unk]`` where it has that."""
_WORD = re.compile(r"[a-z][a-z'-]*")
_VARIANT = re.compile(r"\(\d+\)$")
CARD = ModelCard(
    name="pocketsphinx-en-us",
    language="en-us",
    rate=sphinx_worker.RATE,
    words=126052,
    wer_people=0.44,
    wer_people_on="37 recordings of people at 16 kHz; 63 % of the same by telephone (mu-law, 8 kHz)",
    training_data="unknown (CMU Sphinx en-us)",
    licence="BSD-2-Clause",
    advice="A fallback: most words of real callers are wrong. Fit for grammars of a few phrases.",
)


def installed_version() -> str:
    """Of the package. Raises DocumentError where it is missing."""
    try:
        return importlib.metadata.version("pocketsphinx")
    except importlib.metadata.PackageNotFoundError:
        raise DocumentError(
            "pocketsphinx", None, "it is not installed", "pip install 'callfloor[pocketsphinx]'"
        ) from None


class PocketsphinxEngine:
    """Opens processes. ``domain``: sentences such as may be said; recognisers without a grammar then know their words
    only, by a trigram made of them. Raises DocumentError where pocketsphinx is missing or no sentence can be used.
    """

    def __init__(self, domain: Sequence[str] = ()) -> None:
        self._info = EngineInfo("pocketsphinx", installed_version(), CARD)
        self._free = self._domain_task(domain) if domain else Task(lexicon="", grammar="", sentences="", alternatives=0)
        self._lock = threading.Lock()
        self._spare: _Process | None = None
        with self._lock:
            self._prepare()

    @property
    def info(self) -> EngineInfo:
        """Name, version and model."""
        return self._info

    @cached_property
    def _lexicon(self) -> dict[str, list[str]]:
        """Each word's pronunciations."""
        from pocketsphinx import get_model_path

        found: dict[str, list[str]] = {}
        text = (Path(get_model_path()) / "en-us" / "cmudict-en-us.dict").read_text(encoding="utf-8")
        for line in text.splitlines():
            word, _, phones = line.partition(" ")
            if _WORD.fullmatch(plain := _VARIANT.sub("", word)):
                found.setdefault(plain, []).append(phones.strip())
        return found

    def grammar_words(self) -> frozenset[str]:
        """See Engine.grammar_words."""
        return frozenset(self._lexicon)

    def open(self, rate: int, grammar: Sequence[str] | None = None, alternatives: int = 0) -> PocketsphinxRecogniser:
        """See Engine.open. Phrases with a word that is not in the dictionary are left out. The process loads while its
        audio is still on the way: for free speech one is kept ready.
        """
        check_rate(rate)
        check_alternatives(alternatives)
        if grammar is None:
            return PocketsphinxRecogniser(self._free_process(alternatives), rate, reject=False)
        phrases = check_grammar(grammar)
        known = [p for p in phrases if p != UNKNOWN and all(word in self._lexicon for word in p.split())]
        if not known:
            raise RecogniserError("pocketsphinx knows the words of no phrase of the grammar")
        task = Task(lexicon=self._trimmed(known), grammar=_jsgf(known), sentences="", alternatives=alternatives)
        return PocketsphinxRecogniser(_Process(task), rate, reject=UNKNOWN in phrases)

    def _free_process(self, alternatives: int) -> _Process:
        if alternatives:
            return _Process(Task(**{**self._free, "alternatives": alternatives}))
        with self._lock:
            ready = self._spare
            self._prepare()
        assert ready is not None
        return ready

    def _prepare(self) -> None:
        self._spare = _Process(self._free)

    def _domain_task(self, domain: Sequence[str]) -> Task:
        sentences = [" ".join(sentence.lower().split()) for sentence in domain]
        known = [sentence for sentence in sentences if sentence and all(w in self._lexicon for w in sentence.split())]
        if not known:
            raise DocumentError("domain", None, "no sentence consists of known words", "write plain English sentences")
        return Task(lexicon=self._trimmed(known), grammar="", sentences="\n".join(known), alternatives=0)

    def _trimmed(self, texts: Sequence[str]) -> str:
        """Dictionary lines of the words in ``texts``; a small dictionary loads 30 times faster than the whole."""
        words = sorted({word for text in texts for word in text.split()})
        lines = [
            f"{word}{f'({number})' if number > 1 else ''} {phones}"
            for word in words
            for number, phones in enumerate(self._lexicon[word], start=1)
        ]
        return "\n".join(lines) + "\n"


def _jsgf(phrases: Sequence[str]) -> str:
    """One phrase after another, any number of them."""
    return f"#JSGF V1.0;\ngrammar turn;\npublic <turn> = ( {' | '.join(phrases)} )+ ;\n"


class _Process:
    """A worker process: frames out, frames in. It ends when it is closed or forgotten."""

    def __init__(self, task: Task) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", sphinx_worker.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self.close = weakref.finalize(self, _end, self._process)
        self._cpu_s = 0.0
        self._send(json.dumps(task).encode())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def cpu_s(self) -> float:
        """Seconds of CPU its answers cost since this was asked last."""
        spent, self._cpu_s = self._cpu_s, 0.0
        return spent

    def ask(self, request: bytes) -> Any:
        """The answer. Raises RecogniserError if the process is gone."""
        self._send(request)
        assert self._process.stdout is not None
        try:
            answer = sphinx_worker.read_frame(self._process.stdout)  # type: ignore[arg-type]
        except (OSError, ValueError):
            answer = None
        if answer is None:
            raise RecogniserError("the recogniser's process is gone")
        found = json.loads(answer)
        self._cpu_s += found["cpu_s"]
        return found["answer"]

    def _send(self, body: bytes) -> None:
        assert self._process.stdin is not None
        try:
            sphinx_worker.write_frame(self._process.stdin, body)  # type: ignore[arg-type]
        except (OSError, ValueError):
            raise RecogniserError("the recogniser's process is gone") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:  # what was buffered for it is lost with it
                continue


class PocketsphinxRecogniser:
    """See Recogniser. ``reject``: words below ``UNSURE`` are ``[unk]``."""

    def __init__(self, process: _Process, rate: int, *, reject: bool) -> None:
        self._process = process
        self._rate = rate
        self._reject = reject
        self._resampler = Resampler(rate, sphinx_worker.RATE)
        self._text = ""
        self._settled: tuple[Alternative, ...] = ()

    @property
    def pid(self) -> int:
        """The process id of its decoder."""
        return self._process.pid

    def accept(self, pcm: bytes) -> bool:
        """See Recogniser.accept."""
        sound = self._resampler.feed(check_pcm(pcm)) if self._rate != sphinx_worker.RATE else check_pcm(pcm)
        if not sound:
            return False
        self._text = self._process.ask(sphinx_worker.ACCEPT + sound)
        return True

    def partial(self) -> str:
        """See Recogniser.partial."""
        return self._text

    def final(self) -> tuple[Word, ...]:
        """See Recogniser.final."""
        heard: Heard = self._process.ask(sphinx_worker.FINAL)
        words = tuple(
            Word(text, start_s, end_s, min(1.0, max(0.0, probability)))
            for text, start_s, end_s, probability in heard["words"]
        )
        self._settled = tuple(_reading(score, text, words) for score, text in heard["readings"])
        self._begin()
        return reject(words, UNSURE) if self._reject else words

    def alternatives(self) -> tuple[Alternative, ...]:
        """See Recogniser.alternatives. Other readings than the best have no times of their own: theirs are even."""
        return self._settled

    def reset(self) -> None:
        """See Recogniser.reset."""
        self._process.ask(sphinx_worker.RESET)
        self._begin()

    def cpu_elsewhere_s(self) -> float:
        """See Recogniser.cpu_elsewhere_s."""
        return self._process.cpu_s()

    def close(self) -> None:
        """See Recogniser.close."""
        self._process.close()

    def _begin(self) -> None:
        self._text = ""
        self._resampler = Resampler(self._rate, sphinx_worker.RATE)


def _reading(score: float, text: str, best: Sequence[Word]) -> Alternative:
    texts = text.split()
    if texts == [word.text for word in best]:
        return Alternative(tuple(Word(w.text, w.start_s, w.end_s, 1.0) for w in best), score)
    start = best[0].start_s if best else 0.0
    length = (best[-1].end_s - start) / max(1, len(texts)) if best else 0.0
    words = (Word(word, start + n * length, start + (n + 1) * length, 1.0) for n, word in enumerate(texts))
    return Alternative(tuple(words), score)
