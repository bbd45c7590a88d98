"""From the event log to contact records: a fold, pure. Envelopes in, in the order of the log; records out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from assist.desk_events import WrapUpSaved
from assist.metrics.contacts import ContactRecord, Outcome
from ivr.agents import AgentState
from ivr.contacts import (
    AgentStateChanged,
    CallbackRequested,
    ContactAnswered,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactSnapshot,
    SurveyAnswered,
    TalkMeasured,
)
from ivr.controls import AgentLost, ContactTransferred, HoldChanged
from ivr.outbound import CallbackSettled
from ivr.supervision import SupervisionModeChanged
from voice.events import Envelope, Event, WorkerLost
from voice.hearing import Mode

_CALLBACK = "callback-"
"""Before the id of the contact in which a call was promised: the promise's id (``ivr.callback``)."""
_FAILURES = frozenset({"failed", "worker_lost"})


@dataclass(slots=True)
class _Open:
    """A contact that is not over. ``stay``: the one in hand, in a queue or with an agent; None in the flow."""

    contact_id: str
    customer: str
    offered_at: float
    stay: ContactRecord | None = None
    held_since: float = 0.0
    ended: list[ContactRecord] = field(default_factory=list)


class ContactFold:
    """See the module. A contact whose beginning is not in the log is passed over: half a contact is no measurement.

    ``settled`` gives the records of contacts that are over; what comes late (wrap-up, talk, a survey in the same call)
    is in the log before the contact's ``contact.closed`` or with the agent's next state.
    """

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._over: dict[str, list[ContactRecord]] = {}
        self._workers: dict[str, str] = {}
        self._handling: dict[str, tuple[str, int]] = {}
        self._wrapping: dict[str, float] = {}

    def handle(self, envelope: Envelope) -> None:
        """One event of the log."""
        event = envelope.event
        match event:
            case ContactOffered():
                self._workers[event.worker_id] = envelope.contact_id or ""
                self._open[envelope.contact_id or ""] = _Open(envelope.contact_id or "", event.caller, envelope.at)
            case AgentStateChanged():
                self._agent_changed(event)
            case WorkerLost(worker_id=worker):
                if (contact := self._open.get(self._workers.pop(worker, ""))) is not None:
                    self._end(contact, "worker_lost", envelope.at)
            case SurveyAnswered() | TalkMeasured():
                self._measured(envelope.contact_id or "", event)
            case WrapUpSaved():
                self._wrapped_up(envelope.contact_id or "", event)
            case CallbackSettled(callback_id=promise, kept=True):
                self._called_back(promise.removeprefix(_CALLBACK))
            case _:
                if (contact := self._open.get(envelope.contact_id or "")) is not None:
                    self._contact_event(contact, event, envelope.at)

    def settled(self, before: float) -> Iterator[ContactRecord]:
        """The records of contacts that ended before ``before`` (Unix seconds), each given once and then forgotten."""
        for contact_id, records in list(self._over.items()):
            if records[-1].ended_at < before:
                del self._over[contact_id]
                yield from records

    def _contact_event(self, contact: _Open, event: Event, at: float) -> None:
        match event:
            case ContactQueued(queue=queue, since=since):
                self._queued(contact, queue, at if contact.ended else since, at)
            case ContactAnswered(agent=agent, waited_s=waited):
                self._answered(contact, agent, waited, at)
            case HoldChanged(held=held):
                self._hold(contact, held, at)
            case ContactTransferred(kind=kind, done=done, to=to):
                self._transferred(contact, at)
                if done and kind == "agent":
                    self._answered(contact, to, 0.0, at)
            case SupervisionModeChanged(supervisor, _, Mode.TAKEOVER):
                self._leave(contact, at)
                self._answered(contact, supervisor, 0.0, at)
            case AgentLost():
                self._leave(contact, at)
            case CallbackRequested(queue=queue, since=since):
                if contact.stay is None or contact.stay.answered_at:
                    self._queued(contact, queue, since, at)
                self._leave(contact, at, Outcome.CALLBACK)
            case ContactSnapshot(phase="flow", agent=""):
                self._leave(contact, at)
            case ContactEnded(reason=reason):
                self._end(contact, reason, at)

    def _queued(self, contact: _Open, queue: str, since: float, at: float) -> None:
        stay = contact.stay
        if stay is not None and stay.queue == queue and not stay.answered_at:
            return  # said again
        self._leave(contact, at)
        contact.stay = ContactRecord(contact.contact_id, contact.customer, contact.offered_at, queue, since)

    def _answered(self, contact: _Open, agent: str, waited_s: float, at: float) -> None:
        """``agent`` has the customer: out of the queue, or handed over by a colleague without one."""
        stay, outcome = contact.stay, Outcome.ANSWERED
        if stay is None or stay.answered_at:
            self._leave(contact, at)
            queue = contact.ended[-1].queue if contact.ended else ""
            stay = ContactRecord(contact.contact_id, contact.customer, contact.offered_at, queue)
            waited_s, outcome = 0.0, Outcome.TRANSFERRED_IN
        contact.stay = replace(stay, agent=agent, answered_at=at, wait_s=waited_s, outcome=outcome)
        self._handling[agent] = (contact.contact_id, len(contact.ended))
        contact.held_since = 0.0

    def _hold(self, contact: _Open, held: bool, at: float) -> None:
        if contact.stay is None:
            return
        if held and not contact.held_since:
            contact.held_since = at
            contact.stay = replace(contact.stay, holds=contact.stay.holds + 1)
        elif not held and contact.held_since:
            held_s = at - contact.held_since
            contact.held_since = 0.0
            contact.stay = replace(contact.stay, hold_s=contact.stay.hold_s + held_s)

    def _transferred(self, contact: _Open, at: float) -> None:
        if contact.stay is not None and contact.stay.answered_at:
            contact.stay = replace(contact.stay, transfers=contact.stay.transfers + 1)
            self._leave(contact, at)

    def _leave(self, contact: _Open, at: float, unanswered: Outcome = Outcome.OVERFLOWED) -> None:
        """The stay is over; ``unanswered``: what it came to if nobody had answered."""
        self._hold(contact, False, at)
        stay, contact.stay = contact.stay, None
        if stay is None:
            return
        if stay.answered_at:
            stay = replace(stay, ended_at=at, talk_s=max(0.0, at - stay.answered_at - stay.hold_s))
        else:
            stay = replace(stay, ended_at=at, outcome=unanswered, wait_s=max(0.0, at - stay.queued_at))
        contact.ended.append(stay)

    def _end(self, contact: _Open, reason: str, at: float) -> None:
        del self._open[contact.contact_id]
        failed = Outcome.FAILED if reason in _FAILURES else Outcome.ABANDONED
        self._leave(contact, at, Outcome.CALLBACK if reason == "callback" else failed)
        if not contact.ended:
            outcome = Outcome.FAILED if reason in _FAILURES else Outcome.SELF_SERVICE
            gone = ContactRecord(contact.contact_id, contact.customer, contact.offered_at)
            contact.ended.append(replace(gone, ended_at=at, outcome=outcome))
        self._over[contact.contact_id] = contact.ended

    def _agent_changed(self, event: AgentStateChanged) -> None:
        """Wrap-up belongs to the contact the agent has handled last."""
        began = self._wrapping.pop(event.agent, None)
        if began is not None and event.state != AgentState.WRAPUP:
            contact_id, index = self._handling.get(event.agent, ("", 0))
            records = self._records(contact_id)
            if index < len(records):
                spent = max(0.0, event.since - began)
                records[index] = replace(records[index], wrap_up_s=records[index].wrap_up_s + spent)
        elif event.state == AgentState.WRAPUP:
            self._wrapping[event.agent] = event.since if began is None else began

    def _measured(self, contact_id: str, event: SurveyAnswered | TalkMeasured) -> None:
        """What is measured of the contact as a whole is the last agent's, or else the last queue's; of a talk that
        names its agent, the first stay of hers that has none yet.
        """
        contact, records = self._open.get(contact_id), self._records(contact_id)
        in_hand = contact is not None and contact.stay is not None
        stay = contact.stay if contact is not None and contact.stay is not None else records[-1] if records else None
        if isinstance(event, TalkMeasured) and event.agent:
            for index, each in enumerate(records):
                if each.agent == event.agent and not each.measured_s:
                    records[index] = _talk(each, event)
                    return
        if stay is None:
            return
        stay = _survey(stay, event) if isinstance(event, SurveyAnswered) else _talk(stay, event)
        if in_hand and contact is not None:
            contact.stay = stay
        else:
            records[-1] = stay

    def _wrapped_up(self, contact_id: str, event: WrapUpSaved) -> None:
        """What an agent says of a contact is said of her last stay with it; the latest word counts."""
        contact, records = self._open.get(contact_id), self._records(contact_id)
        if contact is not None and contact.stay is not None and contact.stay.agent == event.agent:
            contact.stay = replace(contact.stay, resolved=event.resolved, issue=event.disposition)
            return
        for index in reversed(range(len(records))):
            if records[index].agent == event.agent:
                records[index] = replace(records[index], resolved=event.resolved, issue=event.disposition)
                return

    def _called_back(self, contact_id: str) -> None:
        """The call that was promised instead of an answer was made, and they spoke."""
        records = self._records(contact_id)
        for index, record in enumerate(records):
            if record.outcome is Outcome.CALLBACK:
                records[index] = replace(record, callback_kept=True)

    def _records(self, contact_id: str) -> list[ContactRecord]:
        contact = self._open.get(contact_id)
        return contact.ended if contact is not None else self._over.get(contact_id, [])


def _survey(stay: ContactRecord, event: SurveyAnswered) -> ContactRecord:
    match event.kind:
        case "csat":
            return replace(stay, csat=event.score)
        case "nps":
            return replace(stay, nps=event.score)
        case "ces":
            return replace(stay, ces=event.score)
        case _:
            return stay


def _talk(stay: ContactRecord, event: TalkMeasured) -> ContactRecord:
    known = event.response_s is not None
    return replace(
        stay,
        measured_s=event.measured_s,
        agent_speech_s=event.agent_s,
        caller_speech_s=event.caller_s,
        talk_over_s=event.talk_over_s,
        dead_air_s=event.dead_air_s,
        responses=int(known),
        response_s=event.response_s or 0.0,
    )
