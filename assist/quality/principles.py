"""The vocabulary of quality: principles, marks, scores, and the moments that bear them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean


class Principle(StrEnum):
    """What good service is made of."""

    LISTENING = "listening"
    EMPATHY = "empathy"
    PATIENCE = "patience"
    CLARITY = "clarity"
    PERSONALISATION = "personalisation"
    OWNERSHIP = "ownership"
    FOLLOW_UP = "follow_up"
    COMPLIANCE = "compliance"

    @property
    def label(self) -> str:
        """As people write it."""
        return self.value.replace("_", "-").capitalize()


@dataclass(frozen=True, slots=True)
class Moment:
    """Evidence. ``rule``: the rule's or measure's name; ``at_s``: second of the contact; ``text``: what was found;
    ``quote``: the words of ``utterance_id``, empty where nobody had spoken; ``off``: points it cost its mark (0..100).
    """

    contact_id: str
    principle: Principle
    rule: str
    at_s: float
    text: str
    quote: str
    utterance_id: str
    off: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that could be judged. ``name``: of the rule or the measure; ``value``: 0..100."""

    name: str
    value: float
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """``value``: 0..100, None where there was nothing to judge ``principle`` by."""

    principle: Principle
    value: float | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One agent's part of one contact, from ``answered_at`` (Unix seconds). ``scores``: one a principle, in the order
    of ``Principle``; ``version``: of the content whose rules judged.
    """

    contact_id: str
    agent: str
    queue: str
    answered_at: float
    version: str
    scores: tuple[Score, ...]

    def value(self, principle: Principle) -> float | None:
        """Its score, 0..100 or None."""
        return next(score.value for score in self.scores if score.principle is principle)

    @property
    def overall(self) -> float | None:
        """Mean of the principles that could be judged; None without any."""
        return mean(score.value for score in self.scores)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All evidence, in the order of the contact."""
        found = [moment for score in self.scores for mark in score.marks for moment in mark.moments]
        return tuple(sorted(found, key=lambda moment: (moment.at_s, moment.rule)))


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that are not None, to one decimal; None without any."""
    known = [value for value in values if value is not None]
    return round(fmean(known), 1) if known else None
