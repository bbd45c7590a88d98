"""What the assist engine wants done. The floor carries effects out; the engine never touches the world."""

from __future__ import annotations

from dataclasses import dataclass

from assist.cards import Card
from assist.summary import ContactSummary


@dataclass(frozen=True, slots=True)
class LookUpCustomer:
    """Find the customer who calls from ``number`` and answer with ``CustomerFound``."""

    number: str


@dataclass(frozen=True, slots=True)
class ShowCard:
    """A new card for the agent."""

    card: Card


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """The card with this id changed in place."""

    card: Card


@dataclass(frozen=True, slots=True)
class RetractCard:
    """The final words did not bear the card out."""

    card_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """The contact is over and this is its draft. Drafted again when words arrive that were still being recognised."""

    summary: ContactSummary


@dataclass(frozen=True, slots=True)
class NoteGap:
    """The caller asked ``text`` and no article answers it."""

    text: str
    utterance_id: str
    at_s: float


@dataclass(frozen=True, slots=True)
class NoteNotActed:
    """The agent accepted this card and did not say what it asks for."""

    card_id: str


Effect = LookUpCustomer | ShowCard | UpdateCard | RetractCard | DraftSummary | NoteGap | NoteNotActed
