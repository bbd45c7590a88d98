"""Cards: what the agent is shown. Every card names its evidence, its source and the rule that made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from voice.events import Event


class CardKind(StrEnum):
    """What a card is about."""

    HISTORY = "history"
    SENTIMENT = "sentiment"
    NEXT_STEP = "next_step"
    KNOWLEDGE = "knowledge"
    COMPLIANCE = "compliance"
    SOFT_SKILL = "soft_skill"
    PROACTIVE = "proactive"
    PROMISE = "promise"
    COACHING = "coaching"
    CHECKLIST = "checklist"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a card is there: the words (``quote``) of ``utterance_id`` by ``party`` at media second ``at_s``, or for
    what did not come from words (a database row, how loud it was) the ``source`` alone. ``phrase``: the words of the
    quote that set it off; empty where it was the whole of it.
    """

    source: str
    quote: str = ""
    utterance_id: str = ""
    party: str = ""
    at_s: float = 0.0
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class CardStep:
    """One step of a playbook, or item of the checklist. ``done`` is ticked by what was said or by the agent."""

    id: str
    text: str
    say: str
    done: bool


@dataclass(frozen=True, slots=True)
class Card:
    """``title``: what to say or do, imperative, at most nine words. ``why``: one line. ``lines``: details, short.

    ``id`` is stable over updates; ``rule`` and ``version`` name the content that made it (playbook id, lexicon ...).
    ``trigger``: what set it off: ``partial``, ``final``, or ``call`` (ringing). ``points``: the sentiment trajectory
    as (media second, score -1..1). ``critical`` cards differ by shape and may take the focus.
    """

    id: str
    kind: CardKind
    title: str
    why: str
    evidence: tuple[Evidence, ...]
    rule: str
    version: str
    trigger: str
    lines: tuple[str, ...] = ()
    steps: tuple[CardStep, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    priority: int = 500
    critical: bool = False


@dataclass(frozen=True, slots=True)
class CardShown(Event):
    """A card appeared. ``latency_ms``: from receipt of the causing event in the floor to the effect, engine time."""

    type: ClassVar[str] = "card.shown"
    agent: str
    card: Card
    latency_ms: float


@dataclass(frozen=True, slots=True)
class CardUpdated(Event):
    """A card changed in place."""

    type: ClassVar[str] = "card.updated"
    agent: str
    card: Card
    latency_ms: float


@dataclass(frozen=True, slots=True)
class CardRetracted(Event):
    """The final words did not bear out what a partial seemed to say."""

    type: ClassVar[str] = "card.retracted"
    agent: str
    card_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardSettled(Event):
    """The agent dealt with a card: ``outcome`` is ``accepted`` or ``dismissed``."""

    type: ClassVar[str] = "card.settled"
    agent: str
    card_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class StepTicked(Event):
    """The agent ticked (or un-ticked) a step of a next-step card, or an item of the checklist, by hand."""

    type: ClassVar[str] = "card.step_ticked"
    agent: str
    card_id: str
    step_id: str
    done: bool


@dataclass(frozen=True, slots=True)
class CardNotActed(Event):
    """The agent accepted a card that asks for words (what a rule misses, the answer of an article), and her part of the
    contact ended without them.
    """

    type: ClassVar[str] = "card.not_acted"
    agent: str
    card_id: str


@dataclass(frozen=True, slots=True)
class QuestionUnanswered(Event):
    """The caller asked something no knowledge article answers: an entry of the knowledge-gap list. ``text`` is already
    redacted; ``at_s``: media seconds.
    """

    type: ClassVar[str] = "knowledge.gap"
    agent: str
    text: str
    utterance_id: str
    at_s: float


CARD_EVENTS: tuple[type[Event], ...] = (
    CardShown,
    CardUpdated,
    CardRetracted,
    CardSettled,
    StepTicked,
    CardNotActed,
    QuestionUnanswered,
)
