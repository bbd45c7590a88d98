"""The contact on an agent's desk, as a value: what the desk shows of it, and how each of its events changes that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from assist.cards import Card, CardRetracted, CardSettled, CardShown, CardUpdated
from assist.coaching import HandLowered, HandRaised, SupervisionNotice
from assist.desk_events import CustomerChoice, CustomerIdentified, CustomerLine, NoteSaved, SummaryDrafted, WrapUpSaved
from ivr.contacts import ContactAnswered, ContactEnded
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged
from transcription.utterances import Redaction, TranscriptionGap, UtteranceFinal, UtterancePartial, Word
from voice.events import Event


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of the transcript: a running partial (``final`` False) or settled words."""

    id: str
    party: str
    text: str
    start_s: float
    end_s: float
    final: bool
    revision: int = 0
    confidence: float = 1.0
    words: tuple[Word, ...] = ()
    redactions: tuple[Redaction, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskCard:
    """A card and what became of it: ``outcome`` is empty, ``accepted``, ``dismissed`` or ``retracted``."""

    card: Card
    latency_ms: float
    shown_at: float
    updated_at: float
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeskContact:
    """The contact on the desk. ``phase``: ``ringing``, ``talking``, ``ended``. ``lookup``: ``pending``, ``found``,
    ``unknown``; ``choices``: who it may be, where several share the number. ``transcript`` is in order of start;
    ``gaps`` of opening; ``cards`` of appearance. ``held``: the customer hears music, since Unix second ``held_since``.
    ``consult``: who is consulted; ``consult_state``: ``ringing``, ``talking``, ``conference``. ``wrap_up``: what the
    agent has made of the draft. ``supervisor``, ``supervision``: who does what, where the agent is to know. ``hand``:
    the agent asks for help.
    """

    id: str
    phase: str
    caller: str
    queue: str
    offered_at: float
    answered_at: float = 0.0
    waited_s: float = 0.0
    ended_at: float = 0.0
    ended_reason: str = ""
    ended_by: str = ""
    talk_s: float = 0.0
    lookup: str = "pending"
    customer: CustomerLine | None = None
    transcript: tuple[Utterance, ...] = ()
    gaps: tuple[TranscriptionGap, ...] = ()
    cards: tuple[DeskCard, ...] = ()
    note: str = ""
    summary: SummaryDrafted | None = None
    context: tuple[str, ...] = ()
    held: bool = False
    consult: str = ""
    consult_state: str = ""
    supervisor: str = ""
    supervision: str = ""
    hand: bool = False
    held_since: float = 0.0
    wrap_up: WrapUpSaved | None = None
    choices: tuple[CustomerChoice, ...] = ()

    def apply(self, event: Event, at: float) -> DeskContact:
        """The contact after ``event`` of its own, stamped ``at`` (Unix seconds); itself where nothing changes."""
        change = _CHANGES.get(type(event))
        return change(self, event, at) if change else self

    def remembered(self) -> DeskContact:
        """What is left on the desk when another contact comes."""
        return replace(self, transcript=(), gaps=(), cards=())


def _answered(contact: DeskContact, event: ContactAnswered, at: float) -> DeskContact:
    if contact.phase == "ended" or contact.answered_at:
        return contact
    return replace(contact, phase="talking", answered_at=at, waited_s=event.waited_s)


def _ended(contact: DeskContact, event: ContactEnded, at: float) -> DeskContact:
    if contact.phase == "ended":
        return contact
    settled = tuple(line for line in contact.transcript if line.final)
    return replace(
        contact, phase="ended", ended_at=at, ended_reason=event.reason, ended_by=event.ended_by, talk_s=event.talk_s,
        transcript=settled,
    )  # fmt: skip


def _partial(contact: DeskContact, event: UtterancePartial, at: float) -> DeskContact:
    known = next((line for line in contact.transcript if line.id == event.utterance_id), None)
    if contact.phase == "ended" or (known is not None and (known.final or event.revision <= known.revision)):
        return contact
    line = Utterance(
        event.utterance_id, event.party, event.text, event.start_s, event.end_s, final=False, revision=event.revision
    )
    return replace(contact, transcript=_placed(contact.transcript, line))


def _final(contact: DeskContact, event: UtteranceFinal, at: float) -> DeskContact:
    line = Utterance(
        event.utterance_id, event.party, event.text, event.start_s, event.end_s, final=True,
        confidence=event.confidence, words=event.words, redactions=event.redactions,
    )  # fmt: skip
    if not line.text and not line.redactions:
        return replace(contact, transcript=tuple(other for other in contact.transcript if other.id != line.id))
    return replace(contact, transcript=_placed(contact.transcript, line))


def _placed(transcript: tuple[Utterance, ...], line: Utterance) -> tuple[Utterance, ...]:
    """A known utterance changes where it stands, so that nothing jumps; a new one goes where its start belongs."""
    for index in range(len(transcript) - 1, -1, -1):
        if transcript[index].id == line.id:
            return (*transcript[:index], line, *transcript[index + 1 :])
    index = len(transcript)
    while index and transcript[index - 1].start_s > line.start_s:
        index -= 1
    return (*transcript[:index], line, *transcript[index:])


def _gap(contact: DeskContact, event: TranscriptionGap, at: float) -> DeskContact:
    known = [gap.gap_id for gap in contact.gaps]
    if event.gap_id not in known:
        return replace(contact, gaps=(*contact.gaps, event))
    index = known.index(event.gap_id)
    return replace(contact, gaps=(*contact.gaps[:index], event, *contact.gaps[index + 1 :]))


def _card(contact: DeskContact, event: CardShown | CardUpdated, at: float) -> DeskContact:
    known = [entry.card.id for entry in contact.cards]
    if event.card.id not in known:
        return replace(contact, cards=(*contact.cards, DeskCard(event.card, event.latency_ms, at, at)))
    index = known.index(event.card.id)
    entry = contact.cards[index]
    if isinstance(event, CardShown) != (entry.outcome == "retracted"):
        return contact  # shown twice, or an update that overtook nothing: the card is already withdrawn
    outcome = "" if isinstance(event, CardShown) else entry.outcome
    entry = replace(entry, card=event.card, latency_ms=event.latency_ms, updated_at=at, outcome=outcome, reason="")
    return replace(contact, cards=(*contact.cards[:index], entry, *contact.cards[index + 1 :]))


def _settled(contact: DeskContact, event: CardSettled | CardRetracted, at: float) -> DeskContact:
    outcome, reason = ("retracted", event.reason) if isinstance(event, CardRetracted) else (event.outcome, "")
    cards = tuple(
        replace(entry, outcome=outcome, reason=reason) if entry.card.id == event.card_id else entry
        for entry in contact.cards
    )
    return replace(contact, cards=cards)


def _customer(contact: DeskContact, event: CustomerIdentified, at: float) -> DeskContact:
    lookup = "found" if event.customer else "unknown"
    return replace(contact, customer=event.customer, choices=event.choices, lookup=lookup)


def _note(contact: DeskContact, event: NoteSaved, at: float) -> DeskContact:
    return replace(contact, note=event.text)


def _summary(contact: DeskContact, event: SummaryDrafted, at: float) -> DeskContact:
    return replace(contact, summary=event)


def _held(contact: DeskContact, event: HoldChanged, at: float) -> DeskContact:
    return replace(contact, held=event.held, held_since=at if event.held else 0.0)


def _wrapped_up(contact: DeskContact, event: WrapUpSaved, at: float) -> DeskContact:
    return replace(contact, wrap_up=event)


def _supervised(contact: DeskContact, event: SupervisionNotice, at: float) -> DeskContact:
    return replace(contact, supervisor=event.supervisor if event.mode else "", supervision=event.mode or "")


def _hand(contact: DeskContact, event: HandRaised | HandLowered, at: float) -> DeskContact:
    return replace(contact, hand=isinstance(event, HandRaised))


def _consult(
    contact: DeskContact, event: ConsultStarted | ConsultAnswered | ConsultEnded | ConferenceStarted, at: float
) -> DeskContact:
    states: dict[type[Event], str] = {
        ConsultStarted: "ringing", ConsultAnswered: "talking", ConferenceStarted: "conference", ConsultEnded: "",
    }  # fmt: skip
    state = states[type(event)]
    return replace(contact, consult=event.party if state else "", consult_state=state)


_CHANGES: dict[type[Event], Callable[[DeskContact, Any, float], DeskContact]] = {
    HoldChanged: _held,
    SupervisionNotice: _supervised,
    HandRaised: _hand,
    HandLowered: _hand,
    ConsultStarted: _consult,
    ConsultAnswered: _consult,
    ConsultEnded: _consult,
    ConferenceStarted: _consult,
    ContactAnswered: _answered,
    ContactEnded: _ended,
    UtterancePartial: _partial,
    UtteranceFinal: _final,
    TranscriptionGap: _gap,
    CardShown: _card,
    CardUpdated: _card,
    CardRetracted: _settled,
    CardSettled: _settled,
    CustomerIdentified: _customer,
    NoteSaved: _note,
    SummaryDrafted: _summary,
    WrapUpSaved: _wrapped_up,
}
