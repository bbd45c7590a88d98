"""Do two reviewers judge alike? Agreement and Cohen's kappa over the contacts both reviewed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from assist.quality.forms import QaReviewed


@dataclass(frozen=True, slots=True)
class QuestionAgreement:
    """Of one question: contacts both answered (not applicable is an answer), the share answered alike (per cent), and
    Cohen's kappa, None where it is not defined.
    """

    question: str
    contacts: int
    agreement: float
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Apart:
    """One answer to talk about: what the two said to ``question`` of the contact; None: not applicable."""

    contact_id: str
    question: str
    first: int | None
    second: int | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one form between two reviewers. ``difference``: mean distance of their scores, in points; ``apart``: the
    answers in which they differ.
    """

    form: str
    first: str
    second: str
    contacts: int
    agreement: float | None
    kappa: float | None
    difference: float | None
    questions: tuple[QuestionAgreement, ...]
    apart: tuple[Apart, ...]


Reviews = Mapping[str, Sequence[QaReviewed]]
"""By contact, each contact's in the order they were made."""


def calibrate(reviews: Reviews, form: str, first: str, second: str) -> Calibration:
    """How the two judged the contacts both reviewed with the same version of the form. The overall figures pool the
    answers to all questions.
    """
    both = {key: pair for key, each in reviews.items() if (pair := _pair(each, form, first, second)) is not None}
    answers = [
        Apart(contact_id, question, mine, theirs)
        for contact_id, pair in both.items()
        for question, mine, theirs in _answers(*pair)
    ]
    by_question: dict[str, list[tuple[Hashable, Hashable]]] = {}
    for each in answers:
        by_question.setdefault(each.question, []).append((each.first, each.second))
    pooled = [pair for pairs in by_question.values() for pair in pairs]
    gaps = [abs(a.score - b.score) for a, b in both.values() if a.score is not None and b.score is not None]
    return Calibration(
        form=form,
        first=first,
        second=second,
        contacts=len(both),
        agreement=agreement(pooled),
        kappa=kappa(pooled),
        difference=round(sum(gaps) / len(gaps), 1) if gaps else None,
        questions=tuple(
            QuestionAgreement(question, len(pairs), agreement(pairs) or 0.0, kappa(pairs))
            for question, pairs in by_question.items()
        ),
        apart=tuple(each for each in answers if each.first != each.second),
    )


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Pairs of equal answers ÷ pairs, in per cent; None without any."""
    return round(100.0 * sum(one == other for one, other in pairs) / len(pairs), 1) if pairs else None


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa (Cohen 1960): (po - pe) ÷ (1 - pe), where po is the share of equal answers and pe the share that
    chance would give with each reviewer's own frequencies; -1..1. None without pairs, and where both always gave one
    and the same answer: there chance explains everything.
    """
    if not pairs:
        return None
    count = len(pairs)
    observed = sum(one == other for one, other in pairs) / count
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    expected = sum(first[answer] * second[answer] for answer in first) / count**2
    return round((observed - expected) / (1.0 - expected), 4) if expected < 1.0 else None


def latest(reviews: Sequence[QaReviewed]) -> tuple[QaReviewed, ...]:
    """Of each reviewer and form the last one."""
    found = {(each.reviewer, each.form): each for each in reviews}
    return tuple(found.values())


def _answers(one: QaReviewed, other: QaReviewed) -> list[tuple[str, int | None, int | None]]:
    """Question by question, what each answered."""
    theirs = {answer.question: answer.value for answer in other.answers}
    return [(answer.question, answer.value, theirs.get(answer.question)) for answer in one.answers]


def _pair(reviews: Sequence[QaReviewed], form: str, first: str, second: str) -> tuple[QaReviewed, QaReviewed] | None:
    last = {each.reviewer: each for each in latest(reviews) if each.form == form}
    one, other = last.get(first), last.get(second)
    if one is None or other is None or one.form_version != other.form_version or one.agent != other.agent:
        return None
    return one, other
