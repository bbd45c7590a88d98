"""Contacts as the ACD is told of them: they come, wait, are put off or sent to an agent, end. A part of ``ivr.acd``."""

from __future__ import annotations

from ivr.acd_messages import (
    AgentPreferred,
    ContactDirected,
    ContactEnded,
    ContactPostponed,
    ContactQueuedIn,
    SnapshotReceived,
    TurnAway,
)
from ivr.acd_state import AcdState
from ivr.agents import CONNECTED, AgentState
from ivr.contacts import ContactSnapshot
from ivr.deadlines import QueueEmpties, RestEnds
from ivr.leases import Leases
from ivr.matching import EMPTY_GRACE_S
from ivr.queue import QueuedContact
from ivr.sharing import Sharing

PREFERRED_S = 30.0
"""How long a contact given back to an agent waits for her alone: her wrap-up, and some more."""
ENDED_REMEMBERED = 4096
"""Ended contacts whose late events are ignored: a worker's last words may come after the front's news of its death."""

ContactInput = ContactQueuedIn | ContactEnded | SnapshotReceived | AgentPreferred | ContactPostponed | ContactDirected


class Contacts:
    """Acts on the shared state."""

    def __init__(self, state: AcdState, leases: Leases, sharing: Sharing) -> None:
        self._state = state
        self._leases = leases
        self._sharing = sharing
        self._ended: dict[str, None] = {}

    def take(self, given: ContactInput) -> None:
        """Take one input. What comes late of a contact that is over means nothing."""
        contact_id = given.contact_id
        if contact_id in self._ended:
            return
        match given:
            case ContactQueuedIn():
                self._queue(given)
            case ContactEnded():
                self._sharing.ended(contact_id)
                self._leases.release(contact_id)
                self._state.forget(contact_id)
                self._ended[contact_id] = None
                if len(self._ended) > ENDED_REMEMBERED:
                    del self._ended[next(iter(self._ended))]
            case AgentPreferred(_, agent):
                if self._state.router.is_waiting(contact_id):
                    self._state.contacts[contact_id].sticky = agent
                    self._state.wait(contact_id)
            case ContactDirected(_, agent):
                if self._state.router.is_waiting(contact_id):
                    contact = self._state.contacts[contact_id]
                    contact.preferred, contact.preferred_until = agent, self._state.now + PREFERRED_S
                    self._state.wait(contact_id)
            case ContactPostponed(_, until):
                self._postpone(contact_id, until)
            case SnapshotReceived(_, snapshot):
                self._reconcile(contact_id, snapshot)

    def _queue(self, given: ContactQueuedIn) -> None:
        contact_id, known = given.contact_id, self._state.contacts.get(given.contact_id)
        if known and (known.queue, known.queued_at, known.turn) == (given.queue, given.queued_at, given.turn):
            return  # delivered twice
        self._leases.release(contact_id)
        self._state.contacts[contact_id] = QueuedContact(
            contact_id, given.queue, given.priority, given.queued_at, given.skills, given.sticky, given.turn,
            given.preferred, self._state.now + PREFERRED_S,
        )  # fmt: skip
        if given.not_before > self._state.now:
            self._postpone(contact_id, given.not_before)
            return
        self._admit(contact_id, given.queue)
        self._state.wait(contact_id)

    def _postpone(self, contact_id: str, until: float) -> None:
        contact = self._state.contacts.get(contact_id)
        if contact is not None:
            self._leases.release(contact_id, wrap_up=False)
            self._state.router.remove_contact(contact_id)
            contact.misses, contact.rests_until = 0, until
            self._state.deadlines.set(until, RestEnds(contact_id))

    def _reconcile(self, contact_id: str, seen: ContactSnapshot) -> None:
        self._believe(contact_id, seen)
        self._sharing.reconcile(contact_id, seen)

    def _believe(self, contact_id: str, seen: ContactSnapshot) -> None:
        held = self._state.assignment(contact_id)
        if seen.phase == "flow" or (seen.phase != "queued" and not seen.agent):
            self._leases.release(contact_id)
            self._state.forget(contact_id)
            return
        contact = self._state.contacts.setdefault(
            contact_id, QueuedContact(contact_id, seen.queue, seen.priority, seen.queued_at)
        )
        contact.queue, contact.priority, contact.queued_at = seen.queue, seen.priority, seen.queued_at
        contact.skills, contact.turn = seen.skills, seen.turn
        if seen.phase == "queued":
            # Reserved just now: the worker had not heard of it when it wrote. The lease settles it.
            if held is None or held.phase is not AgentState.RESERVED:
                self._leases.release(contact_id)
                self._state.wait(contact_id)
            return
        phase = AgentState.RINGING if seen.phase == "ringing" else AgentState.TALKING
        if held and contact.agent == seen.agent and held.phase in CONNECTED and phase in CONNECTED:
            return  # as believed; on hold, perhaps
        self._leases.assign(contact_id, seen.agent, seen.lease_id, phase)

    def _admit(self, contact_id: str, queue: str) -> None:
        """Tell a contact that joins a queue that has nobody, or is full."""
        rules = self._state.queues.get(queue)
        if rules is None:
            return
        if self._state.staffing.is_empty(queue, rules.join_empty):
            self._state.effects.append(TurnAway(contact_id, "empty"))
        elif rules.max_waiting and self._state.router.length(queue) >= rules.max_waiting:
            self._state.effects.append(TurnAway(contact_id, "full"))
        elif self._state.staffing.is_empty(queue, rules.leave_empty):
            self._state.deadlines.set(self._state.now + EMPTY_GRACE_S, QueueEmpties(queue))
