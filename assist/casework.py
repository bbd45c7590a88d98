"""A case: the floor's view of one contact. Pure: envelopes in, effects out.

A case is what the event log says it is: a floor that starts again folds the log through the same ``handle`` and stands
where the one before it stood (the driver then leaves out ``Emit``, which is already in the log).
"""

from __future__ import annotations

from dataclasses import dataclass

from assist import effects as engine
from assist.cards import CardRetracted, CardSettled, CardShown, CardUpdated, QuestionUnanswered, StepTicked
from assist.coaching import CoachingSent, HandLowered, HandRaised, coaching_card
from assist.content import Content
from assist.desk_events import (
    ContactAssigned,
    ContactReleased,
    CustomerIdentified,
    CustomerLine,
    NoteSaved,
    SummaryDrafted,
)
from assist.engine import ContactAssistant, ContactOver, ContactRang, Input, TimePassed
from assist.history import CustomerFound, CustomerProfile
from assist.summary import ContactSummary
from ivr.contacts import (
    AgentOffered,
    AgentUnreachable,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
)
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.events import Envelope, Event


@dataclass(frozen=True, slots=True)
class Tell:
    """Put an event on the desk of ``agent``."""

    agent: str
    event: Event


@dataclass(frozen=True, slots=True)
class Emit:
    """Publish an event of this contact on the bus, for the log and for supervisors."""

    event: Event


@dataclass(frozen=True, slots=True)
class LookUp:
    """Find the customer; answer with ``Case.customer_found``."""

    number: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the summary (again, when it was drafted again)."""

    summary: ContactSummary


CaseEffect = Tell | Emit | LookUp | Keep


class Case:
    """One contact. The assistant works for the agent who has, or is offered, the contact."""

    def __init__(self, contact_id: str, content: Content) -> None:
        self.contact_id = contact_id
        self.worker_id = ""
        self.caller = ""
        self.queue = ""
        self.priority = 0
        self.offered_at = 0.0
        self.answered_at = 0.0
        self.agent = ""
        self.ended = False
        self.recording = ""
        self.coaching: dict[str, tuple[str, float]] = {}
        """What supervisors wrote: message id → supervisor, Unix seconds."""
        self._content = content
        self._assistant: ContactAssistant | None = None

    def handle(self, envelope: Envelope) -> tuple[CaseEffect, ...]:
        """What an event leads to. The driver stamps the latency of the cards that come out."""
        waited = self.time_passed(envelope.at)
        return waited + self._handle(envelope.event, envelope.at)

    def next_due(self) -> float | None:
        """Unix seconds at which ``time_passed`` leads to something if nothing else happens; None: never."""
        due = self._assistant.next_due() if self._assistant is not None and self.offered_at else None
        return None if due is None else self.offered_at + due

    def time_passed(self, now: float) -> tuple[CaseEffect, ...]:
        """What has fallen due until ``now``. ``handle`` asks too, so a fold of the log comes by the same cards."""
        found: tuple[CaseEffect, ...] = ()
        while self._assistant is not None and (due := self._assistant.next_due()) is not None:
            if not self.offered_at or self.offered_at + due > now:
                break
            found += self._assist(TimePassed(due), self.offered_at + due)
        return found

    def _handle(self, event: Event, at: float) -> tuple[CaseEffect, ...]:
        match event:
            case ContactOffered():
                self.worker_id, self.caller, self.offered_at = event.worker_id, event.caller, at
            case ContactSnapshot():
                return self._catch_up(event, at)
            case ContactQueued():
                self.queue, self.priority = event.queue, event.priority
            case AgentOffered(agent=agent) if not self.ended:
                return self._offered(agent, at)
            case AgentUnreachable(agent=agent) if agent == self.agent:
                self.agent, self._assistant = "", None
                return (Tell(agent, ContactReleased(agent, event.reason)),)
            case ContactAnswered():
                self.answered_at = at
                return self._tell(event)
            case ContactEnded() if not self.ended:
                self.ended = True
                seen = event if self.answered_at else ContactReleased(self.agent, event.reason)
                return self._tell(seen) + self._assist(ContactOver(event.reason, event.duration_s, event.talk_s), at)
            case UtterancePartial() | UtteranceFinal() | TranscriptionGap() | CardSettled() | StepTicked():
                return self._tell(event) + self._assist(event, at)
            case NoteSaved():
                return self._tell(event)
            case CoachingSent():
                self.coaching[event.message_id] = (event.supervisor, at)
                return self._tell(CardShown(event.agent, coaching_card(event), 0.0))
            case HandRaised() | HandLowered():
                return self._tell(event)
        return ()

    def customer_found(self, found: CustomerFound, at: float) -> tuple[CaseEffect, ...]:
        """The answer to ``LookUp``."""
        line = customer_line(found.customer) if found.customer else None
        return self._tell(CustomerIdentified(line)) + self._assist(found, at)

    def _catch_up(self, snapshot: ContactSnapshot, at: float) -> tuple[CaseEffect, ...]:
        """Where the log has a hole, the worker knows better."""
        self.worker_id, self.caller, self.offered_at = snapshot.worker_id, snapshot.caller, snapshot.offered_at
        self.queue, self.priority = snapshot.queue, snapshot.priority
        if not snapshot.agent or snapshot.agent == self.agent or self.ended:
            return ()
        found = self._offered(snapshot.agent, at)
        if snapshot.phase != "talking":
            return found
        self.answered_at = snapshot.answered_at
        waited = snapshot.answered_at - snapshot.queued_at
        return found + self._tell(ContactAnswered(snapshot.agent, snapshot.lease_id, waited))

    def _offered(self, agent: str, at: float) -> tuple[CaseEffect, ...]:
        self.agent = agent
        self._assistant = ContactAssistant(self._content, agent)
        assigned = ContactAssigned(agent, "ringing", self.caller, self.queue, self.offered_at)
        return self._tell(assigned) + self._assist(ContactRang(self.contact_id, self.caller, self.queue), at)

    def _tell(self, event: Event) -> tuple[CaseEffect, ...]:
        return (Tell(self.agent, event),) if self.agent else ()

    def _assist(self, given: Input, at: float) -> tuple[CaseEffect, ...]:
        if self._assistant is None:
            return ()
        found: list[CaseEffect] = []
        for effect in self._assistant.handle(given, at):
            match effect:
                case engine.LookUpCustomer(number):
                    found.append(LookUp(number))
                case engine.ShowCard(card):
                    found += self._card(CardShown(self.agent, card, 0.0))
                case engine.UpdateCard(card):
                    found += self._card(CardUpdated(self.agent, card, 0.0))
                case engine.RetractCard(card_id, reason):
                    found += self._card(CardRetracted(self.agent, card_id, reason))
                case engine.NoteGap(text, utterance_id, at_s):
                    found.append(Emit(QuestionUnanswered(self.agent, text, utterance_id, at_s)))
                case engine.DraftSummary(summary):
                    found += (Keep(summary), *self._tell(drafted(summary)))
        return tuple(found)

    def _card(self, event: Event) -> tuple[CaseEffect, ...]:
        return (Tell(self.agent, event), Emit(event))


def customer_line(customer: CustomerProfile) -> CustomerLine:
    """What the top left of the desk says of a customer."""
    last = customer.past_contacts[0] if customer.past_contacts else None
    return CustomerLine(
        name=customer.name,
        preferred_name=customer.preferred_name,
        number=customer.phone,
        since=str(customer.since.year),
        value=customer.value,
        style=customer.style,
        open_issues=tuple(issue.title for issue in customer.issues if issue.open),
        last_contact=f"{last.on:%-d %b}: {last.summary}" if last else "",
        last_contact_bad=last is not None and last.sentiment == "negative",
    )


def drafted(summary: ContactSummary) -> SummaryDrafted:
    """The wrap-up panel's view of a summary."""
    minutes, seconds = divmod(round(summary.talk_s), 60)
    facts = [("Talk time", f"{minutes}:{seconds:02d}"), ("Queue", summary.queue), ("Ended", summary.reason)]
    if summary.gap_s:
        facts.append(("Not transcribed", f"{summary.gap_s:.0f} s"))
    return SummaryDrafted(
        headline=summary.text.splitlines()[0],
        lines=tuple(f"Open: {step}" for step in summary.steps_open),
        disposition=summary.disposition,
        promises=tuple(follow_up.text for follow_up in summary.follow_ups),
        facts=tuple(facts),
        sentiment_start=summary.sentiment_start,
        sentiment_end=summary.sentiment_end,
        talk_ratio=summary.talk_ratio if summary.talk_ratio is not None else 0.0,
    )
