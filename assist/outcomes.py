"""What became of the cards, per rule: a pure fold over the event log, and the votes it gives to knowledge articles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from assist.cards import Card, CardKind, CardNotActed, CardRetracted, CardSettled, CardShown, CardUpdated, StepTicked
from assist.deck import ACCEPTED, DISMISSED, EXPIRED
from voice.events import Event


@dataclass(slots=True)
class RuleOutcome:
    """Cards of one rule. ``expired``: their moment passed unanswered; ``retracted``: the words were misheard;
    ``not_acted``: accepted, but no step was done afterwards, or nothing said of what it asks for (``CardNotActed``;
    cards that ask for no words are not judged); ``overridden``: a step it ticked was un-ticked by hand.
    """

    rule: str
    kind: CardKind
    shown: int = 0
    accepted: int = 0
    dismissed: int = 0
    expired: int = 0
    retracted: int = 0
    overridden: int = 0
    not_acted: int = 0

    @property
    def ignored(self) -> int:
        """Shown, and nothing became of it."""
        return max(0, self.shown - self.accepted - self.dismissed - self.expired - self.retracted)


@dataclass(slots=True)
class _Known:
    card: Card
    outcome: str = ""
    done_at_accept: int = 0
    acted: bool = False
    not_acted: bool = False


@dataclass(slots=True)
class OutcomeBook:
    """Feed it the card events of any number of contacts, each contact's in order; a repeat of one changes nothing."""

    _rules: dict[str, RuleOutcome] = field(default_factory=dict)
    _cards: dict[str, _Known] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """One event of the log; what is not about cards is ignored."""
        match event:
            case CardShown(card=Card(kind=CardKind.CHECKLIST)):
                return  # it is there in every contact: nothing led to it
            case CardShown(card=card) if card.id not in self._cards:
                self._cards[card.id] = _Known(card)
                self._of(card).shown += 1
            case CardUpdated(card=card) if (known := self._cards.get(card.id)) is not None:
                known.card = card
                known.acted |= known.outcome == ACCEPTED and _done(card) > known.done_at_accept
            case CardSettled(card_id=card_id, outcome=outcome) if (known := self._open(card_id)) is not None:
                known.outcome, known.done_at_accept = outcome, _done(known.card)
                self._of(known.card).accepted += outcome == ACCEPTED
                self._of(known.card).dismissed += outcome == DISMISSED
            case CardRetracted(card_id=card_id, reason=reason) if (known := self._open(card_id)) is not None:
                known.outcome = reason
                self._of(known.card).expired += reason == EXPIRED
                self._of(known.card).retracted += reason != EXPIRED
            case CardNotActed(card_id=card_id) if (known := self._cards.get(card_id)) is not None:
                known.not_acted = True
            case StepTicked(card_id=card_id, step_id=step_id, done=done):
                self._ticked(card_id, step_id, done=done)

    def report(self) -> tuple[RuleOutcome, ...]:
        """Every rule that was shown, the most shown first."""
        for outcome in self._rules.values():
            outcome.not_acted = 0
        for known in self._cards.values():
            if known.outcome != ACCEPTED:
                continue
            steps_left = known.card.steps and not known.acted and _done(known.card) < len(known.card.steps)
            self._of(known.card).not_acted += known.not_acted or bool(steps_left)
        return tuple(sorted(self._rules.values(), key=lambda each: (-each.shown, each.rule)))

    def votes(self) -> dict[str, int]:
        """Accepted less dismissed, by knowledge article: what ``ContactAssistant`` ranks with."""
        articles = (each for each in self._rules.values() if each.kind is CardKind.KNOWLEDGE)
        return {each.rule: each.accepted - each.dismissed for each in articles}

    def _open(self, card_id: str) -> _Known | None:
        known = self._cards.get(card_id)
        return known if known is not None and not known.outcome else None

    def _ticked(self, card_id: str, step_id: str, *, done: bool) -> None:
        known = self._cards.get(card_id)
        if known is None:
            return
        was = any(step.id == step_id and step.done for step in known.card.steps)
        self._of(known.card).overridden += was and not done

    def _of(self, card: Card) -> RuleOutcome:
        return self._rules.setdefault(card.rule, RuleOutcome(card.rule, card.kind))


def outcomes(events: Iterable[Event]) -> tuple[RuleOutcome, ...]:
    """The report over a log."""
    book = OutcomeBook()
    for event in events:
        book.take(event)
    return book.report()


def _done(card: Card) -> int:
    return sum(step.done for step in card.steps)
