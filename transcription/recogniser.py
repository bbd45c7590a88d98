"""What an engine must offer. Implementations: ``transcription.engines``; contract: ``tests/contracts/recogniser.py``.

An Engine holds the models and is shared by threads; a Recogniser serves one channel, is used by one thread at a time
and is fed the audio of one segment after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from transcription.models import ModelCard
from transcription.utterances import Word
from voice.errors import CallfloorError

RATE_MIN = 8000
RATE_MAX = 48000
ALTERNATIVES_MAX = 100
UNKNOWN = "[unk]"
"""What a grammar calls anything else."""


class RecogniserError(CallfloorError):
    """The engine cannot do what was asked of it: a bad rate, a bad grammar, bytes that are not samples."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What the screen shows of the recogniser in use."""

    name: str
    version: str
    model: ModelCard


@dataclass(frozen=True, slots=True)
class Alternative:
    """One reading of a segment. ``score``: the engine's own log-likelihood (higher is better; only comparable within
    the segment); its words have no confidence of their own (1.0).
    """

    words: tuple[Word, ...]
    score: float


class Recogniser(Protocol):
    """One channel's decoder."""

    def accept(self, pcm: bytes) -> bool:
        """Take whole int16 little-endian mono samples. True if the decoder advanced, so that ``partial`` may have
        changed. Raises RecogniserError for anything else than ``bytes`` of whole samples.
        """

    def partial(self) -> str:
        """The words of the open segment so far, separated by spaces; empty where there are none."""

    def final(self) -> tuple[Word, ...]:
        """End the segment: its words, times in seconds since its first sample. The next ``accept`` opens another."""

    def alternatives(self) -> tuple[Alternative, ...]:
        """The readings of the segment ``final`` ended last, best first; empty unless ``open`` was asked for them."""

    def reset(self) -> None:
        """Forget the open segment."""

    def cpu_elsewhere_s(self) -> float:
        """Seconds of CPU its calls used outside their thread since this was last asked; 0 where it decodes in it."""

    def close(self) -> None:
        """Release what it holds, a process maybe; it is not used again. May be called twice."""


class Engine(Protocol):
    """Opens recognisers; may be called from any thread."""

    @property
    def info(self) -> EngineInfo:
        """Name, version and model."""

    def open(self, rate: int, grammar: Sequence[str] | None = None, alternatives: int = 0) -> Recogniser:
        """A new recogniser for audio of ``rate`` Hz (8000..48000).

        ``grammar``: the phrases that may be said, ``[unk]`` among them for "anything else"; such a recogniser is good
        for one turn's grammar only, another turn opens another. ``alternatives``: how many readings of each segment
        are wanted beside its words, 100 at most. Raises RecogniserError.
        """

    def grammar_words(self) -> frozenset[str]:
        """The words a grammar may hold; empty where the engine takes no grammars."""


def reject(words: Sequence[Word], floor: float) -> tuple[Word, ...]:
    """A grammar's words, those of a confidence (0..1) below ``floor`` as ``[unk]``."""
    return tuple(
        word if word.confidence >= floor else Word(UNKNOWN, word.start_s, word.end_s, word.confidence) for word in words
    )


def check_rate(rate: object) -> int:
    """``rate`` if it is an int in range; libvosk hangs on 0 and aborts on negatives and NaN. Raises RecogniserError."""
    if isinstance(rate, bool) or not isinstance(rate, int) or not RATE_MIN <= rate <= RATE_MAX:
        raise RecogniserError(f"rate must be a whole number of {RATE_MIN} to {RATE_MAX} Hz, not {rate!r}")
    return rate


def check_alternatives(count: object) -> int:
    """``count`` if it is an int of 0 to 100. Raises RecogniserError."""
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= ALTERNATIVES_MAX:
        raise RecogniserError(f"alternatives must be a whole number of 0 to {ALTERNATIVES_MAX}, not {count!r}")
    return count


def join_alternatives(before: Sequence[Alternative], after: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """The readings of two stretches as one, rank by rank; where one has fewer, its best stands in."""
    if not before or not after:
        return tuple(before or after)
    ranks = range(max(len(before), len(after)))
    pairs = ((before[rank if rank < len(before) else 0], after[rank if rank < len(after) else 0]) for rank in ranks)
    return tuple(Alternative(first.words + second.words, first.score + second.score) for first, second in pairs)


def check_grammar(grammar: object) -> list[str]:
    """``grammar`` as a list of phrases; libvosk crashes on empty or malformed ones. Raises RecogniserError."""
    if isinstance(grammar, str | bytes) or not isinstance(grammar, Sequence) or not grammar:
        raise RecogniserError("a grammar is a list of at least one phrase")
    for phrase in grammar:
        if not isinstance(phrase, str) or not phrase.strip():
            raise RecogniserError(f"a phrase of a grammar is a text of at least one word, not {phrase!r}")
    return [" ".join(phrase.split()) for phrase in grammar]


def check_pcm(pcm: object) -> bytes:
    """``pcm`` if it is bytes of whole 16-bit samples. Raises RecogniserError."""
    if not isinstance(pcm, bytes):
        raise RecogniserError(f"audio must be bytes, not {type(pcm).__name__}")
    if len(pcm) % 2:
        raise RecogniserError(f"{len(pcm)} bytes are not whole 16-bit samples")
    return pcm
