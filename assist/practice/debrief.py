"""What a practice call came to: the measures of a real contact, and what only a simulated customer can tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assist.cards import Card, CardKind, CardRetracted, CardShown, CardUpdated
from assist.content import Content
from assist.history import CustomerProfile
from assist.metrics import REGISTRY, Targets
from assist.metrics.columns import Columns
from assist.metrics.fold import ContactFold
from assist.metrics.repeats import with_repeats
from assist.metrics.totals import total
from assist.practice.mind import Felt, Mind
from assist.quality.principles import Scorecard
from assist.quality.scorecard import score_contact
from assist.quality.spec import ScorecardSpec
from assist.summary import ContactSummary
from voice.events import Envelope

MEASURES = ("talk_ratio", "talk_over", "dead_air", "first_response", "average_talk", "average_hold")
ADVICE = frozenset({CardKind.SOFT_SKILL, CardKind.COMPLIANCE})


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of ``assist.metrics`` over this one contact; ``value`` None where there was nothing to measure."""

    name: str
    title: str
    unit: str
    value: float | None
    definition: str


@dataclass(frozen=True, slots=True)
class Advised:
    """A card of soft skill or compliance that came up, and the words it came up for."""

    kind: str
    rule: str
    title: str
    why: str
    quote: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A playbook at work: how many of its steps were done, and those that were not."""

    playbook: str
    done: int
    of: int
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Debrief:
    """``helped``: she got what she called for; ``content``: and hung up in no bad mood; ``mood_*``: -1..1, hers, as the
    scenario has it; ``sentiment_*``: -1..1, as her words were read by the software, which knows nothing of her mood.
    ``scorecard``: by the eight principles, None where nobody answered; ``exercise``: for the weakest of them.
    """

    title: str
    level: int
    goal: str
    helped: bool
    content: bool
    mood_start: float
    mood_end: float
    course: tuple[Felt, ...]
    sentiment_start: float
    sentiment_end: float
    measures: tuple[Measured, ...]
    advice: tuple[Advised, ...]
    steps: tuple[Steps, ...]
    promises: tuple[str, ...]
    scorecard: Scorecard | None
    exercise: str

    @property
    def overall(self) -> float | None:
        """The scorecard's mean, 0..100; None where nothing could be judged."""
        return self.scorecard.overall if self.scorecard is not None else None

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "overall": self.overall}


@dataclass(frozen=True, slots=True)
class Judge:
    """What a contact is scored by, and who called."""

    content: Content
    spec: ScorecardSpec
    customer: CustomerProfile | None


def debrief(mind: Mind, log: Sequence[Envelope], summary: ContactSummary, judge: Judge) -> Debrief:
    """Of one call: the customer's mind after it, the contact's event log in order, and its summary."""
    scored = score_contact(summary.contact_id, log, judge.content, judge.spec, judge.customer)
    cards = tuple(_cards(log))
    persona = mind.persona
    return Debrief(
        title=persona.title,
        level=persona.level,
        goal=persona.goal,
        helped=mind.helped,
        content=mind.content,
        mood_start=persona.mood,
        mood_end=mind.mood,
        course=tuple(mind.course),
        sentiment_start=summary.sentiment_start,
        sentiment_end=summary.sentiment_end,
        measures=measures(log),
        advice=tuple(_advised(card) for card in cards if card.kind in ADVICE),
        steps=tuple(_steps(card) for card in cards if card.kind is CardKind.NEXT_STEP),
        promises=tuple(follow_up.text for follow_up in summary.follow_ups),
        scorecard=scored[-1] if scored else None,
        exercise=_exercise(scored[-1], judge.spec) if scored else "",
    )


def _exercise(card: Scorecard, spec: ScorecardSpec) -> str:
    judged = [(score.value, score.principle) for score in card.scores if score.value is not None and score.value < 100]
    return spec.principles[min(judged)[1]].exercise if judged else ""


def measures(log: Iterable[Envelope]) -> tuple[Measured, ...]:
    """The metrics of the one contact in ``log``, by the definitions of the reports."""
    fold = ContactFold()
    for envelope in log:
        fold.handle(envelope)
    columns = with_repeats(Columns.of(fold.settled(float("inf"))), Targets().repeat_days, 0.0)
    sums = total(columns, Targets())
    metrics = [REGISTRY.all[name] for name in MEASURES]
    return tuple(Measured(each.name, each.title, each.unit, each(sums), each.definition) for each in metrics)


def _cards(log: Iterable[Envelope]) -> Iterable[Card]:
    """Every card as it last stood, without those that were misheard."""
    found: dict[str, Card] = {}
    for envelope in log:
        match envelope.event:
            case CardShown(card=card) | CardUpdated(card=card):
                found[card.id] = card
            case CardRetracted(card_id=card_id):
                found.pop(card_id, None)
    return found.values()


def _advised(card: Card) -> Advised:
    quote = next((each.quote for each in card.evidence if each.quote), "")
    return Advised(str(card.kind), card.rule, card.title, card.why, quote)


def _steps(card: Card) -> Steps:
    left = tuple(step.text for step in card.steps if not step.done)
    return Steps(card.rule, len(card.steps) - len(left), len(card.steps), left)
