"""A case: the floor's view of one contact. Pure: envelopes in, effects out.

A case is what the event log says it is: a floor that starts again folds the log through the same ``handle`` and stands
where the one before it stood (the driver then leaves out ``Emit``, which is already in the log).
"""

from __future__ import annotations

from collections.abc import Mapping

from assist import effects as engine
from assist.cards import (
    CardNotActed,
    CardRetracted,
    CardSettled,
    CardShown,
    CardUpdated,
    QuestionUnanswered,
    StepTicked,
)
from assist.case_drafts import Drafts
from assist.case_effects import CaseEffect, Emit, Keep, LookUp, OpenTask, Tell
from assist.coaching import CoachingSent, HandLowered, HandRaised, coaching_card
from assist.content import Content
from assist.desk_events import (
    ContactAssigned,
    ContactReleased,
    CustomerChosen,
    CustomerIdentified,
    LateNoteSaved,
    NoteSaved,
    WrapUpSaved,
)
from assist.desk_lines import choices, customer_line
from assist.engine import ContactAssistant, ContactOver, ContactRang, Input, TimePassed
from assist.history import CustomerFound, CustomerProfile
from assist.inputs import HoldChanged as CallerHeld
from assist.messages_left import Messages
from assist.passing import Past, note_card, others
from assist.rewording import SummaryWorded
from ivr.contacts import (
    AgentOffered,
    AgentUnreachable,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    SurveyAnswered,
)
from ivr.controls import (
    AgentLost,
    ConferenceStarted,
    ConsultAnswered,
    ConsultEnded,
    ConsultStarted,
    ContactTransferred,
    HoldChanged,
    TransferFailed,
)
from ivr.supervision import SupervisionModeChanged
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.events import Envelope, Event
from voice.hearing import Mode

__all__ = ["Case", "CaseEffect", "Emit", "Keep", "LookUp", "OpenTask", "Tell"]

LOW_SCORES = {"csat": 2, "nps": 6, "ces": 3}
"""Up to here a survey's score asks for somebody to see to it: the two worst stars, NPS's detractors, a great effort."""


class Case:
    """One contact. The assistant works for the agent who has, or is offered, the contact."""

    def __init__(self, contact_id: str, content: Content, votes: Mapping[str, int] | None = None) -> None:
        self.contact_id = contact_id
        self.worker_id = ""
        self._customer_id: int | None = None
        self._candidates: tuple[CustomerProfile, ...] = ()
        self.caller = ""
        self._direction = "inbound"
        self.queue = ""
        self.priority = 0
        self.offered_at = 0.0
        self.answered_at = 0.0
        self.agent = ""
        self.ended = False
        self.recording = ""
        self.coaching: dict[str, tuple[str, float]] = {}
        """What supervisors wrote: message id → supervisor, Unix seconds."""
        self.guest = ""
        """The agent who is consulted, or rings because the contact is being given to her."""
        self.drafts = Drafts(content)
        self._ringing: set[str] = set()
        self._content = content
        self._votes = votes
        self._past = Past(content, votes)
        self._messages = Messages()
        self._assistant: ContactAssistant | None = None

    def advise_with(self, content: Content, votes: Mapping[str, int]) -> None:
        """Content that is newer than what the case was opened with. From the first agent who is rung on it stays."""
        if not self._past.begun:
            self._content, self._votes = content, votes
            self.drafts = Drafts(content)
            self._past.advise_with(content, votes)

    def handle(self, envelope: Envelope) -> tuple[CaseEffect, ...]:
        """What an event leads to. The driver stamps the latency of the cards that come out."""
        waited = self.time_passed(envelope.at)
        left = self._messages.saw(envelope.event, self.caller, self.queue)
        return waited + self._handle(envelope.event, envelope.at) + tuple(map(Emit, left))

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
        self._past.saw(event)
        match event:
            case ContactOffered():
                self.worker_id, self.caller, self.offered_at = event.worker_id, event.caller, at
                self._direction = event.direction
            case ContactSnapshot():
                return self._catch_up(event, at)
            case ContactQueued():
                self.queue, self.priority = event.queue, event.priority
            case AgentOffered() | AgentUnreachable() | ContactAnswered() | ContactEnded() if not self.ended:
                return self._course(event, at)
            case UtterancePartial() | UtteranceFinal() | TranscriptionGap() | CardSettled() | StepTicked():
                return self._tell(event) + self._assist(event, at)
            case HoldChanged(held=held):
                return self._tell(event) + self._assist(CallerHeld(held, at - self.offered_at), at)
            case ContactTransferred() | AgentLost():
                return self._passed(event, at)
            case SupervisionModeChanged(supervisor, agent, Mode.TAKEOVER):
                gone, self.answered_at = self._gone(agent, "taken_over", "supervisor", at), at
                return gone + self._pass_to(supervisor, "talking", at)
            case SummaryWorded():
                worded = self.drafts.worded(event)
                return self._tell(worded) if worded is not None and event.agent == self.agent else ()
            case SurveyAnswered(kind, score) if score <= LOW_SCORES.get(kind, -1):
                return (OpenTask(self._customer_id, self.caller, f"Low survey score: {kind.upper()} {score}", at),)
            case ConsultStarted() | ConsultAnswered() | ConsultEnded() | TransferFailed():
                return self._tell(event) + self._consulting(event, at)
            case WrapUpSaved():
                return Tell(event.agent, event), *self.drafts.saved(event)
            case CustomerChosen(customer_id=customer_id):
                return self._chosen(customer_id, at)
            case LateNoteSaved(agent, text):
                return Tell(agent, NoteSaved(text)), *self._late_note(event)
            case NoteSaved() | HandRaised() | HandLowered() | ConferenceStarted():
                return self._tell(event)
            case CoachingSent():
                self.coaching[event.message_id] = (event.supervisor, at)
                return self._tell(CardShown(event.agent, coaching_card(event), 0.0))
        return ()

    def _late_note(self, event: LateNoteSaved) -> tuple[CaseEffect, ...]:
        """For the colleagues who have the contact or are asked about it, now or later, if it is not over; a card, so
        that their own notes are left alone.
        """
        if self.ended:
            return ()
        card = note_card(self.contact_id, event)
        told = CardUpdated if self._past.late_note(event.agent, card) else CardShown
        return tuple(Tell(each, told(each, card, 0.0)) for each in (self.agent, self.guest) if each)

    def _course(
        self, event: AgentOffered | AgentUnreachable | ContactAnswered | ContactEnded, at: float
    ) -> tuple[CaseEffect, ...]:
        match event:
            case AgentOffered(agent=agent):
                self._ringing.add(agent)
                if len(self._ringing) > 1 and agent != self.agent:
                    return (Tell(agent, self._assigned(agent, "ringing", at)),)  # cards are for whoever answers
                return self._offered(agent, at)
            case AgentUnreachable(agent=agent) if agent in self._ringing or agent == self.agent:
                self._ringing.discard(agent)
                if agent == self.agent:
                    self.agent, self._assistant = "", None
                return (Tell(agent, ContactReleased(agent, event.reason)),)
            case ContactAnswered(agent=agent):
                self.answered_at = at
                found: tuple[CaseEffect, ...] = tuple(
                    Tell(other, ContactReleased(other, "a colleague answered"))
                    for other in others(self._ringing | {self.agent}, agent)
                    if other
                )
                self._ringing.clear()
                if agent != self.agent:
                    found += self._pass_to(agent, "ringing", at)
                return found + self._tell(event)
            case ContactEnded():
                self.ended = True
                seen = event if self.answered_at else ContactReleased(self.agent, event.reason)
                over = ContactOver(event.reason, event.duration_s, event.talk_s)
                return self._release_guest(event.reason) + self._tell(seen) + self._assist(over, at)
        return ()

    def _passed(self, event: ContactTransferred | AgentLost, at: float) -> tuple[CaseEffect, ...]:
        """The agent has it no longer: her desk goes to wrap-up, with a draft of her part."""
        reason = "station_lost" if isinstance(event, AgentLost) else "transferred"
        found = self._gone(event.agent, reason, "agent", at)
        if isinstance(event, ContactTransferred) and event.kind == "agent":
            if event.done:
                self.guest, self.answered_at = "", at
                found += self._pass_to(event.to, "talking", at)
            elif event.to != self.guest:
                found += self._invite(event.to, at)
        return found

    def _gone(self, agent: str, reason: str, by: str, at: float) -> tuple[CaseEffect, ...]:
        """Her part of it is over for the agent who had it."""
        if self.agent != agent:
            return ()
        talked = at - self.answered_at if self.answered_at else 0.0
        ended = ContactEnded(reason, by, at - self.offered_at, talked)
        over = ContactOver(reason, ended.duration_s, ended.talk_s)
        found = self._tell(ended) + self._assist(over, at, kept=False)
        self.agent, self._assistant = "", None
        return found

    def _consulting(
        self, event: ConsultStarted | ConsultAnswered | ConsultEnded | TransferFailed, at: float
    ) -> tuple[CaseEffect, ...]:
        """Who is consulted sees the contact as well."""
        match event:
            case ConsultStarted(kind="agent", party=party):
                return self._invite(party, at)
            case ConsultAnswered(party=party) if party == self.guest:
                return (Tell(party, self._assigned(party, "talking", at)),)
            case ConsultEnded(party=party) | TransferFailed(to=party) if party == self.guest:
                return self._release_guest(event.reason)
        return ()

    def _invite(self, agent: str, at: float) -> tuple[CaseEffect, ...]:
        self.guest = agent
        _, told = self._past.assistant(agent)
        return tuple(Tell(agent, event) for event in (self._assigned(agent, "ringing", at), *told))

    def _release_guest(self, reason: str) -> tuple[CaseEffect, ...]:
        guest, self.guest = self.guest, ""
        return (Tell(guest, ContactReleased(guest, reason)),) if guest else ()

    def customer_found(self, found: CustomerFound, at: float) -> tuple[CaseEffect, ...]:
        """The answer to ``LookUp``."""
        self._customer_id = found.customer.customer_id if found.customer is not None else None
        if found.candidates:
            self._candidates = found.candidates
        line = customer_line(found.customer) if found.customer else None
        identified = CustomerIdentified(line, choices(found.candidates))
        self._past.saw(identified)
        guest = (Tell(self.guest, identified),) if self.guest else ()
        return self._tell(identified) + guest + self._assist(found, at)

    def may_be(self, customer_id: int) -> bool:
        """Whether the number is shared by several customers, this one among them."""
        return any(one.customer_id == customer_id for one in self._candidates)

    def _chosen(self, customer_id: int, at: float) -> tuple[CaseEffect, ...]:
        """The agent says which of them it is; she may correct herself. Not after the call: history is written then."""
        if self.ended:
            return ()
        chosen = [one for one in self._candidates if one.customer_id == customer_id]
        return self.customer_found(CustomerFound(chosen[0], self.caller), at) if chosen else ()

    def _catch_up(self, snapshot: ContactSnapshot, at: float) -> tuple[CaseEffect, ...]:
        """Where the log has a hole, the worker knows better."""
        self.worker_id, self.caller, self.offered_at = snapshot.worker_id, snapshot.caller, snapshot.offered_at
        self.queue, self.priority, self.guest = snapshot.queue, snapshot.priority, snapshot.consulted
        if not snapshot.owner or snapshot.owner == self.agent or self.ended:
            return ()
        found = self._offered(snapshot.owner, at)
        if snapshot.phase != "talking":
            return found
        self.answered_at = snapshot.answered_at
        waited = snapshot.answered_at - snapshot.queued_at
        return found + self._tell(ContactAnswered(snapshot.owner, snapshot.lease_id, waited))

    def _offered(self, agent: str, at: float) -> tuple[CaseEffect, ...]:
        if self._past.begun:
            return self._pass_to(agent, "ringing", at)
        self.agent = agent
        self._assistant = ContactAssistant(self._content, agent, self._votes)
        rang = ContactRang(self.contact_id, self.caller, self.queue, self._direction, tuple(self._past.tags.items()))
        return self._tell(self._assigned(agent, "ringing", at)) + self._assist(rang, at)

    def _pass_to(self, agent: str, phase: str, at: float) -> tuple[CaseEffect, ...]:
        """Another agent has it, or is offered it, with everything the one before knew."""
        self.agent = agent
        self._assistant, told = self._past.assistant(agent)
        look_up = () if self._past.customer_known else (LookUp(self.caller),)
        return self._tell(self._assigned(agent, phase, at)) + tuple(Tell(agent, event) for event in told) + look_up

    def _assigned(self, agent: str, phase: str, at: float) -> ContactAssigned:
        answered_at = self.answered_at if phase == "talking" else 0.0
        return ContactAssigned(
            agent, phase, self.caller, self.queue, self.offered_at, answered_at, context=self._past.context(at)
        )

    def said(self) -> tuple[tuple[str, str], ...]:
        """(party, redacted words), in the order in which they were said."""
        return self._past.said()

    def _tell(self, event: Event) -> tuple[CaseEffect, ...]:
        return (Tell(self.agent, event),) if self.agent else ()

    def _assist(self, given: Input, at: float, *, kept: bool = True) -> tuple[CaseEffect, ...]:
        """What the assistant makes of it; ``kept``: a colleague's is to know it too."""
        if self._assistant is None:
            return ()
        if kept and not isinstance(given, UtterancePartial):
            self._past.input(given, at)
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
                case engine.NoteNotActed(card_id):
                    found.append(Emit(CardNotActed(self.agent, card_id)))
                case engine.DraftSummary(summary):
                    keep, drafted = self.drafts.drafted(summary)
                    found += (*keep, *self._tell(drafted))
        return tuple(found)

    def _card(self, event: Event) -> tuple[CaseEffect, ...]:
        return (Tell(self.agent, event), Emit(event))
