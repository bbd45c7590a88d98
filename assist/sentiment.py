"""How the conversation feels, from the caller's words: a score per utterance, a smoothed level, its turns.

The score is VADER's (Hutto and Gilbert 2014) over a lexicon corrected for customer service, with whole phrases scored
first. The level is an exponentially weighted mean; a turn, which is what an agent is told of, is a move of ``turn``
away from its last extreme, so that a single odd utterance does not flip it. The direction (``assist.direction``) is
quicker: it follows what was felt in the last seconds. *Hard triggers* ("I want a supervisor") bypass both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from assist.direction import Direction, DirectionTrack, Felt
from assist.spotting import Spotter, tokenise

NEUTRAL_BAND = 0.05
"""Scores within ±0.05 carry no direction (the band VADER's authors recommend)."""
_ALPHA_VADER = 15.0
"""VADER maps a sum of valences s to s / sqrt(s² + 15)."""
_FULL_WEIGHT_S = 2.0
_MAX_POINTS = 240
_PLACEHOLDER = "it"


class Scorer(Protocol):
    """Gives a text a feeling."""

    def score(self, text: str) -> float:
        """-1 (very negative) .. 1 (very positive); 0 where the words carry none."""


class VaderScorer:
    """VADER with word overrides and phrase scores, both on VADER's valence scale of -4..4.

    Its constructor reads VADER's lexicon from disk: make one per process, at start.
    """

    def __init__(self, words: Mapping[str, float], phrases: Mapping[str, float]) -> None:
        self._analyser = SentimentIntensityAnalyzer()
        self._analyser.lexicon.update(words)
        self._phrases: Spotter[tuple[str, float]] = Spotter(
            (phrase, (phrase, valence)) for phrase, valence in phrases.items()
        )

    def score(self, text: str) -> float:
        """The longest phrases are consumed first; VADER reads what is left."""
        tokens = tokenise(text)
        taken: set[int] = set()
        total = 0.0
        hits = self._phrases.find_in(tokens)
        for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
            span = set(range(hit.start, hit.end))
            if taken.isdisjoint(span):
                taken |= span
                total += hit.key[1]
        rest = " ".join(_PLACEHOLDER if token.word in taken else token.text for token in tokens)
        compound = float(self._analyser.polarity_scores(rest)["compound"]) if rest else 0.0
        return _squash(total + _unsquash(compound))


def _squash(valence: float) -> float:
    return valence / math.sqrt(valence * valence + _ALPHA_VADER)


def _unsquash(compound: float) -> float:
    limited = max(-0.999, min(0.999, compound))
    return limited * math.sqrt(_ALPHA_VADER / (1.0 - limited * limited))


@dataclass(frozen=True, slots=True)
class SentimentSettings:
    """``alpha``: weight of a full utterance in the level. ``turn``: the move of the level that counts as one."""

    alpha: float = 0.35
    turn: float = 0.2


@dataclass(frozen=True, slots=True)
class Reading:
    """One caller utterance: its own ``score``, the ``level`` after it (both -1..1), whether that ``turned``, and the
    ``direction`` in which the feeling goes.
    """

    at_s: float
    score: float
    level: float
    direction: Direction
    turned: bool


class SentimentTrack:
    """The level and direction over one contact. It starts at 0, going nowhere."""

    def __init__(self, settings: SentimentSettings) -> None:
        self._settings = settings
        self._level = 0.0
        self._low = 0.0
        self._high = 0.0
        self._last_turn = Direction.FLAT
        self._directions = DirectionTrack()
        self._direction = Direction.FLAT
        self._readings: list[Reading] = []

    @property
    def level(self) -> float:
        """-1..1."""
        return self._level

    @property
    def last_turn(self) -> Direction:
        """Where the level last turned to."""
        return self._last_turn

    @property
    def direction(self) -> Direction:
        """Where it was going at the last utterance."""
        return self._direction

    @property
    def readings(self) -> Sequence[Reading]:
        """All readings, oldest first."""
        return self._readings

    def points(self) -> tuple[tuple[float, float], ...]:
        """(media second, level), the newest 240 at most."""
        return tuple((round(reading.at_s, 2), round(reading.level, 3)) for reading in self._readings[-_MAX_POINTS:])

    def hear(
        self, score: float, at_s: float, duration_s: float, confidence: float, cap: float | None,
        felt: Felt | None = None,
    ) -> Reading:  # fmt: skip
        """Take in one utterance. It weighs by its ``duration_s`` (full weight from 2 s) and ``confidence`` (0..1).
        ``felt`` moves the direction, where that is more than the score, which moves the level.

        ``cap`` is the level a hard trigger in it forces at once: the new level is at most that, the direction falling.
        """
        weight = min(1.0, max(0.25, duration_s / _FULL_WEIGHT_S)) * min(1.0, max(0.0, confidence))
        self._level += self._settings.alpha * weight * (score - self._level)
        if cap is not None:
            self._level = min(self._level, cap)
        turned = self._turn(forced=cap is not None)
        direction = self._directions.hear(Felt.of_score(score) if felt is None else felt, at_s)
        self._direction = Direction.FALLING if cap is not None else direction
        reading = Reading(at_s, score, self._level, self._direction, turned)
        self._readings.append(reading)
        return reading

    def _turn(self, *, forced: bool) -> bool:
        before = self._last_turn
        self._low = min(self._low, self._level)
        self._high = max(self._high, self._level)
        if forced or (before is not Direction.FALLING and self._level <= self._high - self._settings.turn):
            self._last_turn = Direction.FALLING
        elif before is not Direction.RISING and self._level >= self._low + self._settings.turn:
            self._last_turn = Direction.RISING
        else:
            return False
        self._low = self._high = self._level
        return self._last_turn is not before


def trajectory(readings: Sequence[Reading], duration_s: float) -> float:
    """-100..100: did it get better or worse? ``100·tanh(0.75·Σ(±1 × relative position))``: every utterance that is not
    neutral counts +1 or -1 times its place in the call (0 start, 1 end), so that the end weighs most.
    """
    if duration_s <= 0.0:
        return 0.0
    total = 0.0
    for reading in readings:
        if abs(reading.score) >= NEUTRAL_BAND:
            total += math.copysign(min(1.0, max(0.0, reading.at_s / duration_s)), reading.score)
    return 100.0 * math.tanh(0.75 * total)
