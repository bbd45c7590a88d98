"""What the assist engine is told, besides what people say and what agents do with cards."""

from __future__ import annotations

from dataclasses import dataclass

from assist.cards import CardSettled, StepTicked
from assist.history import CustomerFound
from assist.summary import TalkStats
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial


@dataclass(frozen=True, slots=True)
class ContactRang:
    """The agent's station rings for a contact. ``caller_number`` as SIP gave it, possibly empty; ``direction``:
    ``inbound``, or ``outbound`` where we call; ``tags``: names and values that the flow noted.
    """

    contact_id: str
    caller_number: str
    queue: str
    direction: str = "inbound"
    tags: tuple[tuple[str, str], ...] = ()

    def tag(self, name: str) -> str | None:
        """The value noted under ``name``."""
        return dict(self.tags).get(name)


@dataclass(frozen=True, slots=True)
class ContactOver:
    """The contact ended. ``reason``, ``duration_s`` and ``talk_s`` as in ``ivr.contacts.ContactEnded``; ``talk`` where
    speech was measured on audio.
    """

    reason: str
    duration_s: float
    talk_s: float
    talk: TalkStats | None = None


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing was said up to media second ``at_s``: what waits for that long falls due."""

    at_s: float


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The caller was put on hold (``held``) or taken off it at media second ``at_s``."""

    held: bool
    at_s: float


Input = (
    ContactRang
    | CustomerFound
    | UtterancePartial
    | UtteranceFinal
    | TranscriptionGap
    | CardSettled
    | StepTicked
    | TimePassed
    | HoldChanged
    | ContactOver
)
