"""A contact passed on: what the colleague who comes to it finds on the desk, so that nobody repeats themselves. Pure.

The engine is deterministic, so the colleague's assistant is told again, in order, what the first one was told, and
stands where that one stood: history, promises and open steps included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assist import effects as engine
from assist.cards import Card, CardKind, CardSettled, CardShown, Evidence
from assist.content import Content
from assist.desk_events import CustomerIdentified, LateNoteSaved, NoteSaved
from assist.engine import ContactAssistant, Input
from ivr.contacts import ChoiceMade, ContactQueued, ContactTagged
from transcription.utterances import TranscriptionGap, UtteranceFinal
from voice.events import Event

NOTICED_S = 5.0
"""A shorter wait is not worth a line."""


class Past:
    """What has happened in a contact so far, as far as a colleague needs it. ``context``: what the caller did before an
    agent answered, a line each.
    """

    def __init__(self, content: Content, votes: Mapping[str, int] | None = None) -> None:
        self._content = content
        self._votes = votes
        self._inputs: list[tuple[Input, float]] = []
        self._transcript: dict[str, Event] = {}
        self._customer: CustomerIdentified | None = None
        self._note: NoteSaved | None = None
        self._late_notes: dict[str, Card] = {}
        self._choices: list[str] = []
        self._consent: tuple[str, ...] = ()
        self._queued_at = 0.0
        self.tags: dict[str, str] = {}
        """What the flow noted, by name."""

    def advise_with(self, content: Content, votes: Mapping[str, int]) -> None:
        """Other content, while nobody has been advised yet."""
        self._content, self._votes = content, votes

    @property
    def begun(self) -> bool:
        """Whether an agent has been offered it already."""
        return bool(self._inputs)

    @property
    def customer_known(self) -> bool:
        """Whether the look-up has been answered."""
        return self._customer is not None

    def input(self, given: Input, at: float) -> None:
        """The assistant is told something."""
        self._inputs.append((given, at))

    def saw(self, event: Event) -> None:
        """The desk is told something, or the caller did something."""
        match event:
            case UtteranceFinal(utterance_id=identifier) | TranscriptionGap(gap_id=identifier):
                self._transcript[identifier] = event
            case CustomerIdentified():
                self._customer = event
            case NoteSaved():
                self._note = event
            case ChoiceMade(node, value, by):
                self._choices.append(f"{'Said' if by == 'speech' else 'Pressed'} {value} at {node}")
            case ContactTagged(name, value):
                self._tagged(name, value)
            case ContactQueued(since=since):
                self._queued_at = since

    def _tagged(self, name: str, value: str) -> None:
        before = self.tags.get(name)
        self.tags[name] = value
        if name == "consent":
            self._consent = (f"This call is {value}",)
        elif value:
            self._choices.append(f"{name}: {value}")
        elif f"{name}: {before}" in self._choices:
            self._choices.remove(f"{name}: {before}")  # taken back

    def late_note(self, writer: str, card: Card) -> bool:
        """A colleague who had the contact before has written this; whether she had written something already."""
        known = writer in self._late_notes
        self._late_notes[writer] = card
        return known

    def said(self) -> tuple[tuple[str, str], ...]:
        """(party, redacted words), in the order in which they began."""
        finals = [each for each in self._transcript.values() if isinstance(each, UtteranceFinal) and each.text]
        return tuple((each.party, each.text) for each in sorted(finals, key=lambda each: each.start_s))

    def context(self, at: float) -> tuple[str, ...]:
        """What the caller agreed to, chose and said, and how long the wait for an agent has been."""
        waited = at - self._queued_at if self._queued_at else 0.0
        noticed = (_minutes(waited),) if waited >= NOTICED_S else ()
        return (*self._consent, *self._choices, *noticed)

    def assistant(self, agent: str) -> tuple[ContactAssistant, tuple[Event, ...]]:
        """An assistant for ``agent`` that knows all of it, and what her desk is to be told."""
        assistant, cards, settled = (
            ContactAssistant(self._content, agent, self._votes),
            dict[str, Card](),
            list[CardSettled](),
        )
        for given, at in self._inputs:
            for effect in assistant.handle(given, at):
                match effect:
                    case engine.ShowCard(card) | engine.UpdateCard(card):
                        cards[card.id] = card
                    case engine.RetractCard(card_id):
                        cards.pop(card_id, None)
            if isinstance(given, CardSettled):
                settled.append(given)
        told: list[Event] = [self._customer] if self._customer is not None else []
        late = [card for writer, card in self._late_notes.items() if writer != agent]
        told += [*self._transcript.values(), *(CardShown(agent, card, 0.0) for card in (*cards.values(), *late))]
        told += settled
        if self._note is not None:
            told.append(self._note)
        return assistant, tuple(told)


def note_card(contact_id: str, event: LateNoteSaved) -> Card:
    """What a colleague who had the contact before writes on it now. The same card each time: it has her whole text."""
    return Card(
        f"{contact_id}:late_note:{event.agent}", CardKind.HISTORY, f"Note from {event.agent}",
        "Written after the contact was passed on", (Evidence(f"note of {event.agent}", event.text),), "late_note", "-",
        "note", tuple(line for line in event.text.splitlines() if line.strip()),
    )  # fmt: skip


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"Waited {minutes}:{rest:02d}"


def others(agents: Iterable[str], agent: str) -> tuple[str, ...]:
    """Everyone but ``agent``, in order."""
    return tuple(sorted(set(agents) - {agent}))
