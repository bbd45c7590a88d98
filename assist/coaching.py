"""Coaching in writing: a supervisor's words as a card on the agent's desk, and the agent's raised hand.

Everything is an event of the contact, so its log says when what was written, and when it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assist.cards import Card, CardKind, Evidence
from voice.events import Event
from voice.hearing import Mode

RULE = "coaching"
PRIORITY = 900
"""Above every card of our own but the critical ones: a person wrote it now."""
_TITLE_WORDS = 9


@dataclass(frozen=True, slots=True)
class CoachingSent(Event):
    """``supervisor`` wrote ``text`` to ``agent``. ``tip``: the canned tip it is, or empty. The card's id is
    ``message_id``; accepting it is the read receipt.
    """

    type: ClassVar[str] = "coach.sent"
    supervisor: str
    agent: str
    message_id: str
    text: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class CoachingRead(Event):
    """The agent accepted or dismissed the card of ``message_id``: she has read it. ``after_s``: since it was sent."""

    type: ClassVar[str] = "coach.read"
    supervisor: str
    agent: str
    message_id: str
    outcome: str
    after_s: float


@dataclass(frozen=True, slots=True)
class HandRaised(Event):
    """The agent asks for a supervisor; ``text`` says why, or is empty."""

    type: ClassVar[str] = "coach.hand_raised"
    agent: str
    text: str


@dataclass(frozen=True, slots=True)
class HandLowered(Event):
    """``by`` (the agent, or a supervisor who helps) took the hand down."""

    type: ClassVar[str] = "coach.hand_lowered"
    agent: str
    by: str


@dataclass(frozen=True, slots=True)
class SupervisionNotice(Event):
    """To the agent's page, where the notification policy wants a banner: ``mode`` None means nobody supervises now."""

    type: ClassVar[str] = "desk.supervision"
    supervisor: str
    mode: Mode | None


COACHING_EVENTS: tuple[type[Event], ...] = (CoachingSent, CoachingRead, HandRaised, HandLowered)


def coaching_card(event: CoachingSent) -> Card:
    """The card that shows it: its first words as title, the rest below."""
    words = event.text.split()
    title = " ".join(words[:_TITLE_WORDS]) + (" …" if len(words) > _TITLE_WORDS else "")
    lines = (event.text,) if len(words) > _TITLE_WORDS else ()
    evidence = (Evidence(f"supervisor {event.supervisor}", event.text),)
    return Card(
        event.message_id, CardKind.COACHING, title, f"From {event.supervisor}", evidence, RULE, event.tip or "text",
        "supervisor", lines, priority=PRIORITY,
    )  # fmt: skip
