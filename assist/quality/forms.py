"""Forms that people fill in about a contact: YAML in ``quality/forms/``, answers as events, the score. Pure but for
``load_forms``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from assist.content import BUILT_IN
from voice.documents import load_yaml, validate
from voice.errors import CallfloorError, DocumentError
from voice.events import Event

SCALE = 5
"""Answers to a scale go from 1 to this."""
MAX_COMMENT = 2000


class ReviewError(CallfloorError):
    """A review does not fit its form; the reason says which answer."""


class Question(BaseModel):
    """``kind``: yes_no (1 or 0) or scale (1..5); ``weight``: its part of the score; ``optional``: it may be left out as
    not applicable; ``auto_fail``: a no, or the lowest of the scale, makes the whole review 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    section: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=160)
    kind: Literal["yes_no", "scale"]
    weight: float = Field(gt=0.0, le=100.0)
    optional: bool = False
    auto_fail: bool = False

    @property
    def lowest(self) -> int:
        """The worst answer."""
        return 0 if self.kind == "yes_no" else 1

    @property
    def highest(self) -> int:
        """The best answer."""
        return 1 if self.kind == "yes_no" else SCALE


class FormSpec(BaseModel):
    """One form file, named like its id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    title: str = Field(min_length=1, max_length=80)
    questions: tuple[Question, ...] = Field(min_length=1, max_length=60)


@dataclass(frozen=True, slots=True)
class Form:
    """``version``: a short hash of its file."""

    spec: FormSpec
    version: str


@dataclass(frozen=True, slots=True)
class QaAnswer:
    """``value``: 0 or 1, 1..5, or None: not applicable."""

    question: str
    value: int | None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class QaReviewed(Event):
    """``reviewer`` filled in ``form`` about ``agent``'s part of the contact. ``score``: 0..100, None where no question
    applied; ``failed``: the auto-fail questions that made it 0. A later review of the same reviewer, form and contact
    takes the place of this one.
    """

    type: ClassVar[str] = "qa.reviewed"
    form: str
    form_version: str
    reviewer: str
    agent: str
    answers: tuple[QaAnswer, ...]
    comment: str
    score: float | None
    failed: tuple[str, ...] = ()


QUALITY_EVENTS: tuple[type[Event], ...] = (QaReviewed,)


def load_forms(directory: Path = BUILT_IN) -> Mapping[str, Form]:
    """The forms of a content directory by id; none where it has no ``quality/forms``. Raises DocumentError."""
    place = directory / "quality" / "forms"
    found = {}
    for file in sorted(place.glob("*.yaml")) if place.is_dir() else ():
        document = load_yaml(file)
        spec = validate(document, FormSpec)
        if spec.id != file.stem:
            raise DocumentError(file, None, f"id {spec.id!r} is not the name of the file", f"name it {spec.id}.yaml")
        seen: set[str] = set()
        for index, question in enumerate(spec.questions):
            if question.id in seen:
                at = ("questions", index, "id")
                raise document.error(at, f"question {question.id!r} stands here twice", "give each its own id")
            seen.add(question.id)
        found[spec.id] = Form(spec, hashlib.sha256(file.read_bytes()).hexdigest()[:8])
    return found


def review(form: Form, reviewer: str, agent: str, answers: tuple[QaAnswer, ...], comment: str = "") -> QaReviewed:
    """A filled-in form, answers in the order of the questions. Raises ReviewError where an answer is missing, out of
    range, to no question of the form, or too long.
    """
    given = {answer.question: answer for answer in answers}
    strange = given.keys() - {question.id for question in form.spec.questions}
    if strange or len(given) != len(answers):
        raise ReviewError(f"{min(strange)}: no such question" if strange else "a question is answered twice")
    ordered = tuple(_checked(question, given.get(question.id)) for question in form.spec.questions)
    if max(len(text) for text in (comment, *(answer.comment for answer in ordered))) > MAX_COMMENT:
        raise ReviewError(f"a comment has at most {MAX_COMMENT} characters")
    score, failed = scored(form.spec, ordered)
    return QaReviewed(form.spec.id, form.version, reviewer, agent, ordered, comment, score, failed)


def scored(form: FormSpec, answers: tuple[QaAnswer, ...]) -> tuple[float | None, tuple[str, ...]]:
    """Score and failed questions: Σ weight × answer ÷ Σ weight over the questions that applied, in per cent, where the
    worst answer counts 0 and the best 1; 0 where an auto-fail question got the worst.
    """
    values = {answer.question: answer.value for answer in answers}
    applied = [(question, value) for question in form.questions if (value := values.get(question.id)) is not None]
    if not applied:
        return None, ()
    failed = tuple(question.id for question, value in applied if question.auto_fail and value == question.lowest)
    reached = sum(q.weight * (value - q.lowest) / (q.highest - q.lowest) for q, value in applied)
    score = round(100.0 * reached / sum(question.weight for question, _ in applied), 1)
    return (0.0 if failed else score), failed


def _checked(question: Question, answer: QaAnswer | None) -> QaAnswer:
    answer = answer or QaAnswer(question.id, None)
    if answer.value is None and not question.optional:
        raise ReviewError(f"{question.id}: an answer is needed")
    if answer.value is not None and not question.lowest <= answer.value <= question.highest:
        raise ReviewError(f"{question.id}: answer {question.lowest} to {question.highest}, not {answer.value}")
    return answer
