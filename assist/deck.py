"""The cards of one contact: what is wanted is compared with what is shown, and the difference is the effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assist.cards import Card, CardKind
from assist.effects import Effect, RetractCard, ShowCard, UpdateCard
from assist.summary import CardCount

ACCEPTED = "accepted"
DISMISSED = "dismissed"
EXPIRED = "its moment has passed"
"""Reason of a card taken away because nobody dealt with it in time."""


@dataclass(slots=True)
class _Slot:
    number: int = 1
    card: Card | None = None
    outcome: str = ""
    seen: bool = False


@dataclass(slots=True)
class CardTally:
    """How often cards of one kind were shown, and what became of them."""

    shown: int = 0
    accepted: int = 0
    dismissed: int = 0
    retracted: int = 0


@dataclass(slots=True)
class Deck:
    """One slot per rule. Card ids are ``<contact>:<rule>:<number>``: the same contact replayed gives the same ids."""

    contact_id: str
    tallies: dict[CardKind, CardTally] = field(default_factory=dict)
    _slots: dict[str, _Slot] = field(default_factory=dict)

    def present(self, rule: str, build: Callable[[str], Card]) -> tuple[Effect, ...]:
        """Show or update the card of ``rule``; ``build`` is given its id. A dismissed card stays away."""
        slot = self._slots.setdefault(rule, _Slot())
        if slot.outcome == DISMISSED:
            return ()
        card = build(f"{self.contact_id}:{rule}:{slot.number}")
        before, slot.card = slot.card, card
        if before is None:
            self._tally(card).shown += 1
            return (ShowCard(card),)
        return (UpdateCard(card),) if card != before else ()

    def again(self, rule: str, build: Callable[[str], Card]) -> tuple[Effect, ...]:
        """Show a new card of ``rule``, in place of the one before it."""
        gone = self.expire(rule)
        slot = self._slots.get(rule)
        if slot is not None and slot.card is not None:
            self._slots[rule] = _Slot(slot.number + 1)
        return gone + self.present(rule, build)

    def expire(self, rule: str) -> tuple[Effect, ...]:
        """Take the card of ``rule`` away if nobody dealt with it: its moment has passed."""
        slot = self._slots.get(rule)
        if slot is None or slot.card is None or slot.outcome:
            return ()
        self._slots[rule] = _Slot(slot.number + 1, seen=True)
        return (RetractCard(slot.card.id, EXPIRED),)

    def seen(self, rule: str) -> bool:
        """Whether a card of ``rule`` was shown and not withdrawn."""
        slot = self._slots.get(rule)
        return slot is not None and (slot.card is not None or slot.seen)

    def retract(self, rule: str, reason: str) -> tuple[Effect, ...]:
        """Take the card of ``rule`` back, if it is there."""
        slot = self._slots.get(rule)
        if slot is None or slot.card is None or slot.outcome == DISMISSED:
            return ()
        self._tally(slot.card).retracted += 1
        self._slots[rule] = _Slot(slot.number + 1)
        return (RetractCard(slot.card.id, reason),)

    def renew(self, rule: str) -> None:
        """Something new happened: if the agent dismissed the card of ``rule``, the next one may be shown."""
        slot = self._slots.get(rule)
        if slot is not None and slot.outcome == DISMISSED:
            self._slots[rule] = _Slot(slot.number + 1)

    def settle(self, card_id: str, outcome: str) -> None:
        """The agent accepted or dismissed a card. Of an unknown card, or a second time, it changes nothing."""
        for slot in self._slots.values():
            if slot.card is not None and slot.card.id == card_id and not slot.outcome:
                slot.outcome = outcome
                tally = self._tally(slot.card)
                tally.accepted += outcome == ACCEPTED
                tally.dismissed += outcome == DISMISSED

    def accepted(self) -> tuple[Card, ...]:
        """The cards on the desk that the agent accepted."""
        return tuple(slot.card for slot in self._slots.values() if slot.card is not None and slot.outcome == ACCEPTED)

    def rule_of(self, card_id: str) -> str | None:
        """The rule whose present card this is."""
        for rule, slot in self._slots.items():
            if slot.card is not None and slot.card.id == card_id:
                return rule
        return None

    def counts(self) -> tuple[CardCount, ...]:
        """What became of the cards, by kind; without the checklist, which is there in every contact."""
        return tuple(
            CardCount(kind, tally.shown, tally.accepted, tally.dismissed, tally.retracted)
            for kind, tally in sorted(self.tallies.items())
            if kind is not CardKind.CHECKLIST
        )

    def _tally(self, card: Card) -> CardTally:
        return self.tallies.setdefault(card.kind, CardTally())
