"""How well words were recognised: word error rate with the normalisation used for every figure of this project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import jiwer

_NOT_WORD = re.compile(r"[^\w\s']+")


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Counts over all sentences: ``words`` of the reference; ``rate`` may exceed 1 where many words were inserted."""

    words: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def rate(self) -> float:
        """(S + D + I) / words; 0 where the reference holds no words."""
        return (self.substitutions + self.deletions + self.insertions) / self.words if self.words else 0.0


def normalise(text: str) -> str:
    """Lower case, no punctuation but apostrophes inside words, single spaces."""
    plain = _NOT_WORD.sub(" ", text.lower().replace("’", "'"))
    return " ".join(word.strip("'") for word in plain.split() if word.strip("'"))


def word_errors(references: Sequence[str], hypotheses: Sequence[str]) -> WordErrors:
    """Errors of ``hypotheses`` against ``references``, pair by pair. Raises ValueError if their numbers differ."""
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references, but {len(hypotheses)} hypotheses")
    words = substitutions = deletions = insertions = 0
    for reference, hypothesis in zip(map(normalise, references), map(normalise, hypotheses), strict=True):
        words += len(reference.split())
        if not reference:  # jiwer refuses an empty reference
            insertions += len(hypothesis.split())
            continue
        counted = jiwer.process_words(reference, hypothesis)
        substitutions += counted.substitutions
        deletions += counted.deletions
        insertions += counted.insertions
    return WordErrors(words, substitutions, deletions, insertions)


@dataclass(frozen=True, slots=True)
class Aligned:
    """A word of the reference and what was heard in its place; "" where it was left out, or where nothing was said."""

    said: str
    heard: str


def align(reference: str, hypothesis: str) -> tuple[Aligned, ...]:
    """The cheapest way from one text to the other, word by word (both normalised first)."""
    said, heard = normalise(reference).split(), normalise(hypothesis).split()
    if not said:  # jiwer refuses an empty reference
        return tuple(Aligned("", word) for word in heard)
    pairs: list[Aligned] = []
    for chunk in jiwer.process_words(" ".join(said), " ".join(heard)).alignments[0]:
        left = said[chunk.ref_start_idx : chunk.ref_end_idx]
        right = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
        pairs += [Aligned(*pair) for pair in zip_longest(left, right, fillvalue="")]
    return tuple(pairs)


def word_error_rate(reference: str, hypothesis: str) -> float:
    """The rate of one sentence (or of texts joined)."""
    return word_errors([reference], [hypothesis]).rate
