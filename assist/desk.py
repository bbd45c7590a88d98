"""What one agent's page shows, as a value: ``apply`` folds events into it, ``snapshot`` makes it JSON.

The page folds the same events into the same shape (``assist/web/state.js``); both are held to the golden files in
``tests/golden/desk``. Times are Unix seconds (``*_at``, ``since``) or media seconds of the contact (``*_s``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from assist.desk_contact import DeskContact
from assist.desk_events import (
    ContactAssigned,
    ContactReleased,
    QueueLine,
    QueuesChanged,
    RecogniserChanged,
    StationChanged,
)
from ivr.contacts import AgentStateChanged
from voice.events import Event

HOLD_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class AgentLine:
    """Who is logged in. ``since``: when ``state`` began; ``until``: when it ends by itself (wrap-up does), or 0.0."""

    user: str
    name: str
    state: str = "OFFLINE"
    reason: str = ""
    since: float = 0.0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the desk depends on besides the call."""

    recogniser: RecogniserChanged


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one agent's page shows. ``previous``: the contact before, without transcript and cards.
    ``hold_limit_s``: after so long on hold the customer should be spoken to. ``queues``: those the agent serves; empty
    until the floor has counted.
    """

    agent: AgentLine
    station: StationChanged = field(default_factory=lambda: StationChanged(connected=False))
    contact: DeskContact | None = None
    previous: DeskContact | None = None
    services: Services = field(default_factory=lambda: Services(RecogniserChanged("down")))
    hold_limit_s: float = HOLD_LIMIT_S
    queues: tuple[QueueLine, ...] = ()

    def apply(self, event: Event, contact_id: str | None, at: float) -> Desk:
        """The desk after ``event``, stamped ``at`` (Unix seconds). Events of other contacts and unknown types change
        nothing; the same event twice changes nothing the second time.
        """
        match event:
            case AgentStateChanged():
                return self._agent_state(event)
            case StationChanged():
                return replace(self, station=event)
            case RecogniserChanged():
                return replace(self, services=Services(event))
            case QueuesChanged(queues):
                return replace(self, queues=queues)
            case ContactAssigned() if contact_id is not None:
                return self._assigned(event, contact_id)
        contact = self.contact
        if contact is None or contact_id != contact.id:
            return self
        if isinstance(event, ContactReleased):
            return self if contact.phase == "ended" else replace(self, contact=None)
        changed = contact.apply(event, at)
        return self if changed is contact else replace(self, contact=changed)

    def snapshot(self) -> dict[str, Any]:
        """The desk as JSON values; ``restore`` takes it back."""
        snapshot: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return snapshot

    def _agent_state(self, event: AgentStateChanged) -> Desk:
        if event.agent != self.agent.user:
            return self
        agent = replace(self.agent, state=event.state, reason=event.reason, since=event.since, until=event.until)
        if event.state == "AVAILABLE" and self.contact is not None and self.contact.phase == "ended":
            return replace(self, agent=agent, contact=None, previous=self.contact.remembered())
        return replace(self, agent=agent)

    def _assigned(self, event: ContactAssigned, contact_id: str) -> Desk:
        if self.contact is not None and self.contact.id == contact_id:
            contact, previous = self.contact, self.previous
        else:
            contact = DeskContact(contact_id, event.phase, event.caller, event.queue, event.offered_at)
            previous = self.contact.remembered() if self.contact is not None else self.previous
        contact = replace(
            contact, phase=event.phase, caller=event.caller, queue=event.queue, offered_at=event.offered_at,
            answered_at=event.answered_at, waited_s=event.waited_s, context=event.context,
        )  # fmt: skip
        return replace(self, contact=contact, previous=previous)


_ADAPTER = TypeAdapter(Desk)


def restore(snapshot: object) -> Desk:
    """The desk of a snapshot. Raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(snapshot)
