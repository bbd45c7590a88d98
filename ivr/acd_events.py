"""What a contact's events mean to the ACD."""

from __future__ import annotations

from ivr import contacts, controls
from ivr.acd_messages import (
    AcdInput,
    ConsultAnswered,
    ConsultBegan,
    ConsultOver,
    ContactAnswered,
    ContactEnded,
    ContactGiven,
    ContactHeld,
    ContactQueuedIn,
    ContactRinging,
    ContactUnreachable,
    SnapshotReceived,
    StationLost,
)
from voice.events import Event, WorkerLost


def from_event(contact_id: str, event: Event) -> AcdInput | None:
    """The input a contact's event means to the ACD; None for one that means nothing to it."""
    match event:
        case contacts.ContactQueued(queue, priority, since, skills, turn, preferred):
            return ContactQueuedIn(contact_id, queue, priority, since, skills, turn=turn, preferred=preferred)
        case contacts.AgentOffered(agent, lease_id):
            return ContactRinging(contact_id, agent, lease_id)
        case contacts.ContactAnswered(agent, lease_id):
            return ContactAnswered(contact_id, agent, lease_id)
        case contacts.AgentUnreachable(agent, lease_id, _, reason):
            return ContactUnreachable(contact_id, agent, lease_id, reason)
        case contacts.ContactSnapshot():
            return SnapshotReceived(contact_id, event)
        case contacts.ContactEnded() | WorkerLost():
            return ContactEnded(contact_id)
        case _:
            return _from_control(contact_id, event)


def _from_control(contact_id: str, event: Event) -> AcdInput | None:
    match event:
        case controls.HoldChanged(_, held):
            return ContactHeld(contact_id, held)
        case controls.ConsultStarted(_, _, party):
            return ConsultBegan(contact_id, party)
        case controls.ConsultAnswered(_, party):
            return ConsultAnswered(contact_id, party)
        case controls.ConsultEnded(_, _, party) | controls.TransferFailed(_, party):
            return ConsultOver(contact_id, party)
        case controls.ContactTransferred(_, kind, to, done, lease_id):
            return ContactGiven(contact_id, to if kind == "agent" else "", lease_id, done)
        case controls.AgentLost(agent, _, silent_s):
            return StationLost(contact_id, agent, silent_s)
        case _:
            return None
