"""Where a caller's feeling goes: falling, rising or flat, from what her last utterances felt like. Pure.

A multinomial logistic model (Hastie, Tibshirani and Friedman 2009, 4.4) over eleven sums: how bad, how good, and how
strong in the lexicon's words her utterances were, each fading in a few seconds and in a dozen, and the last by itself.
``python -m bench.direction`` fits its weights to the moments that the writers of the built-in calls marked. So a bad
word counts for less where others came before it, and "lovely, thank you" ends a fall at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Where the feeling is going."""

    FLAT = "flat"
    FALLING = "falling"
    RISING = "rising"


@dataclass(frozen=True, slots=True)
class Felt:
    """One utterance. ``bad`` and ``good``: what examples make of it (about 0 nothing of it .. 1 surely), ``by_words``
    the lexicon's score (-1..1).
    """

    bad: float
    good: float
    by_words: float

    @classmethod
    def of_score(cls, score: float) -> Felt:
        """Where no examples say more than the score (-1..1) does."""
        return cls(max(0.0, -score), max(0.0, score), score)


FADES_S = (5.0, 12.0)
"""Seconds in which what was felt fades to a third."""
WEIGHTS = {
    "bad_5": (1.53, -0.62), "good_5": (0.50, 2.86), "strong_5": (-0.04, 0.88), "weak_5": (-1.52, -0.16),
    "bad_12": (2.30, 2.21), "good_12": (-0.30, 0.81), "strong_12": (-0.97, -1.88), "weak_12": (-0.85, -0.86),
    "bad": (1.93, -0.89), "good": (0.27, 3.50), "by_words": (0.30, 1.18), "always": (-0.87, -0.95),
}  # fmt: skip
"""What each sum speaks for falling and for rising, against flat. ``strong`` and ``weak`` are the lexicon's scores above
and below 0; those without a number are the last utterance's.
"""


class DirectionTrack:
    """The direction over one contact: flat until something is said."""

    def __init__(self) -> None:
        self._faded: dict[float, tuple[float, ...]] = dict.fromkeys(FADES_S, (0.0,) * 4)
        self._at_s = 0.0

    def hear(self, felt: Felt, at_s: float) -> Direction:
        """Take in what an utterance that ended at media second ``at_s`` felt like."""
        sums = dict(self.sums(felt, at_s))
        falling = sum(weights[0] * sums[name] for name, weights in WEIGHTS.items())
        rising = sum(weights[1] * sums[name] for name, weights in WEIGHTS.items())
        if max(falling, rising) <= 0.0:
            return Direction.FLAT
        return Direction.FALLING if falling >= rising else Direction.RISING

    def sums(self, felt: Felt, at_s: float) -> Iterator[tuple[str, float]]:
        """Take it in; what the model reads, by the names in WEIGHTS."""
        gone, self._at_s = max(0.0, at_s - self._at_s), at_s
        new = (felt.bad, felt.good, max(0.0, felt.by_words), min(0.0, felt.by_words))
        for fade_s, before in self._faded.items():
            kept = math.exp(-gone / fade_s)
            self._faded[fade_s] = tuple(kept * old + now for old, now in zip(before, new, strict=True))
            for name, value in zip(("bad", "good", "strong", "weak"), self._faded[fade_s], strict=True):
                yield f"{name}_{fade_s:.0f}", value
        yield from (("bad", felt.bad), ("good", felt.good), ("by_words", felt.by_words), ("always", 1.0))
