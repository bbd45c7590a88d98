"""A contact's events cut into parts, one for each agent who had it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from assist.cards import Card, CardKind, CardRetracted, CardShown, CardUpdated
from ivr.contacts import (
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    ContactTagged,
    TalkMeasured,
)
from ivr.controls import AgentLost, ContactTransferred, HoldChanged
from ivr.supervision import SupervisionModeChanged
from transcription.utterances import UtteranceFinal
from voice.events import Envelope, Event
from voice.hearing import Mode

_EARLY_S = 0.5
"""The agent may be heard a moment before the floor's clock has her answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """What ``agent`` had of a contact, from ``start_s`` to ``end_s`` (seconds of the contact, which was offered at Unix
    second ``offered_at``). ``utterances``: of agent and caller, by their beginning; ``holds``: (second, held);
    ``transfers``: seconds at which she gave it away; ``playbooks``: her next-step cards as they last stood;
    ``talk``: None where it was measured over the whole contact (older logs) and she was not its one agent;
    ``direction`` and ``tags`` as in ``assist.inputs.ContactRang``.
    """

    contact_id: str
    agent: str
    queue: str
    caller: str
    offered_at: float
    start_s: float
    end_s: float
    utterances: tuple[UtteranceFinal, ...] = ()
    holds: tuple[tuple[float, bool], ...] = ()
    transfers: tuple[float, ...] = ()
    playbooks: tuple[Card, ...] = ()
    talk: TalkMeasured | None = None
    direction: str = "inbound"
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end_s - self.start_s

    @property
    def held_s(self) -> float:
        """Seconds of hold in it."""
        total, since = 0.0, None
        for at_s, held in self.holds:
            if held and since is None:
                since = at_s
            elif not held and since is not None:
                total, since = total + at_s - since, None
        return total + (self.end_s - since if since is not None else 0.0)


@dataclass(slots=True)
class _Open:
    agent: str
    queue: str
    start_s: float
    end_s: float | None = None
    holds: list[tuple[float, bool]] = field(default_factory=list)
    transfers: list[float] = field(default_factory=list)
    cards: dict[str, Card] = field(default_factory=dict)


class _Cutting:
    def __init__(self) -> None:
        self.caller = ""
        self.offered_at = 0.0
        self.parts: list[_Open] = []
        self.finals: dict[str, UtteranceFinal] = {}
        self.talks: list[TalkMeasured] = []
        self.last_s = 0.0
        self.direction = "inbound"
        self.tags: dict[str, str] = {}
        self._queue = ""

    def take(self, event: Event, at: float) -> None:
        at_s = max(0.0, at - self.offered_at) if self.offered_at else 0.0
        self.last_s = max(self.last_s, at_s)
        open_now = self.parts[-1] if self.parts and self.parts[-1].end_s is None else None
        match event:
            case ContactOffered(caller=caller, direction=direction):
                self.caller, self.offered_at, self.direction = caller, at, direction
            case ContactTagged(name, value):
                self.tags[name] = value
            case ContactSnapshot(caller=caller, offered_at=offered_at) if not self.offered_at:
                self.caller, self.offered_at, self._queue = caller, offered_at, event.queue
            case ContactQueued(queue=queue):
                self._queue = queue
            case ContactAnswered(agent=agent):
                self._close(at_s)
                self.parts.append(_Open(agent, self._queue, at_s))
            case HoldChanged(held=held) if open_now is not None:
                open_now.holds.append((at_s, held))
            case ContactTransferred(agent=agent):
                self._transferred(event, open_now, at_s)
            case AgentLost() | ContactEnded() | SupervisionModeChanged(mode=Mode.TAKEOVER):
                self._close(at_s)
            case UtteranceFinal():
                self.finals.setdefault(event.utterance_id, event)
            case TalkMeasured():
                self.talks.append(event)
            case _:
                self._card(event)

    def _transferred(self, event: ContactTransferred, open_now: _Open | None, at_s: float) -> None:
        if open_now is not None and open_now.agent == event.agent:
            open_now.transfers.append(at_s)
            self._close(at_s)
        if event.done and event.kind == "agent":
            self.parts.append(_Open(event.to, self._queue, at_s))

    def _close(self, at_s: float) -> None:
        if self.parts and self.parts[-1].end_s is None:
            self.parts[-1].end_s = at_s

    def _card(self, event: Event) -> None:
        for part in reversed(self.parts):
            if part.agent != getattr(event, "agent", ""):
                continue
            match event:
                case CardShown(card=card) | CardUpdated(card=card) if card.kind is CardKind.NEXT_STEP:
                    part.cards[card.id] = card
                case CardRetracted(card_id=card_id):
                    part.cards.pop(card_id, None)
            return


def parts_of(contact_id: str, envelopes: Iterable[Envelope]) -> tuple[Part, ...]:
    """The parts of a contact, in time; none where no agent had it, or its beginning is not among ``envelopes``."""
    cutting = _Cutting()
    for envelope in envelopes:
        cutting.take(envelope.event, envelope.at)
    if not cutting.offered_at:
        return ()
    spoken = sorted(cutting.finals.values(), key=lambda final: (final.start_s, final.party, final.utterance_id))
    found = []
    talks = cutting.talks
    for number, part in enumerate(cutting.parts):
        after = cutting.parts[number + 1].start_s - _EARLY_S if number + 1 < len(cutting.parts) else float("inf")
        end_s = part.end_s if part.end_s is not None else cutting.last_s
        words = tuple(final for final in spoken if part.start_s - _EARLY_S <= final.start_s < after and final.text)
        found.append(
            Part(
                contact_id, part.agent, part.queue, cutting.caller, cutting.offered_at, part.start_s, end_s, words,
                tuple(part.holds), tuple(part.transfers), tuple(part.cards.values()),
                _talk(part.agent, talks, alone=len(cutting.parts) == 1), cutting.direction,
                tuple(cutting.tags.items()),
            )
        )  # fmt: skip
    return tuple(found)


def _talk(agent: str, talks: list[TalkMeasured], *, alone: bool) -> TalkMeasured | None:
    """The next of ``talks`` that is of ``agent``, taken from them; one over the whole contact if she was alone."""
    for index, talk in enumerate(talks):
        if talk.agent == agent or (alone and not talk.agent):
            return talks.pop(index)
    return None
