"""Who has whom: reservations as leases, talks, and what becomes of both when they end. A part of ``ivr.acd``."""

from __future__ import annotations

from ivr.acd_state import AcdState
from ivr.agents import CONNECTED, Agent, AgentState, Assignment
from ivr.deadlines import LeaseEnds, RestEnds
from ivr.queue import QueuedContact

RINGING_GRACE_S = 3.0
REST_S = 5.0
LONGEST_REST_S = 60.0


class Leases:
    """Acts on the shared state; every method leaves agent and contact agreeing on each other."""

    def __init__(self, state: AcdState) -> None:
        self._state = state
        self._one_at_a_time = frozenset(name for name, queue in state.queues.items() if not queue.autofill)

    def assign(self, contact_id: str, agent_name: str, lease_id: str, phase: AgentState) -> None:
        """Give a contact to an agent, taking both away from whatever they had: facts win over plans."""
        state = self._state
        contact, agent = state.contacts[contact_id], state.touch_agent(agent_name)
        if agent_name not in contact.holders:
            self.release(contact_id)
        elif phase in CONNECTED:
            for other in contact.holders:
                if other != agent_name:
                    self.drop(contact_id, other)
        self.join(contact_id, agent, lease_id, phase)

    def join(self, contact_id: str, agent: Agent, lease_id: str, phase: AgentState) -> None:
        """The same, leaving those the contact is offered to already: all of them ring."""
        state, contact = self._state, self._state.contacts[contact_id]
        if agent.assignment is not None and agent.assignment.contact_id != contact_id:
            self._take_away(agent, agent.assignment, phase)
        state.router.remove_contact(contact_id)
        state.router.remove_agent(agent.name)
        state.touched_contacts.pop(contact_id, None)
        contact.rests_until = None
        if contact.agent is None:
            contact.agent = agent.name
        elif agent.name not in contact.holders:
            contact.also.append(agent.name)
        before, queue = agent.assignment, contact.served_in or contact.queue
        agent.assignment = Assignment(contact_id, lease_id, phase, queue, before.connected_at if before else None)
        agent.wrap_up_until = None
        self._note_offered(queue, contact_id, unanswered=phase not in CONNECTED)
        if phase in CONNECTED:
            contact.misses, agent.not_responding = 0, ""
            if agent.assignment.connected_at is None:
                agent.assignment.connected_at = state.now
                agent.in_queue(queue).calls += 1
        else:
            lasts = state.times.reserve_s if phase is AgentState.RESERVED else state.times.ring_s + RINGING_GRACE_S
            state.deadlines.set(state.now + lasts, LeaseEnds(agent.name, phase, lease_id))

    def _take_away(self, agent: Agent, had: Assignment, phase: AgentState) -> None:
        """``agent`` turns out to have another contact, in ``phase``."""
        state = self._state
        _let_go(state.contacts[had.contact_id], agent.name)
        self._note_served(agent, had)
        agent.assignment = None
        if state.contacts[had.contact_id].agent is not None:
            return  # others are being rung for it
        self._note_offered(had.queue, had.contact_id, unanswered=False)
        # Two that both claim to talk with one agent: the older claim is out of date, and that contact is neither
        # waiting nor with anyone until its worker says more.
        if had.phase not in CONNECTED or phase not in CONNECTED:
            state.wait(had.contact_id)

    def release(self, contact_id: str, *, wrap_up: bool = True) -> None:
        """Free everyone who has a contact: to wrap-up if they talked. The contact is left in no line."""
        contact = self._state.contacts.get(contact_id)
        for holder in contact.holders if contact else ():
            self.drop(contact_id, holder, wrap_up=wrap_up)

    def drop(self, contact_id: str, agent_name: str, *, wrap_up: bool = True) -> bool:
        """Free one agent of a contact. Whether nobody has it now."""
        state = self._state
        contact, agent = state.contacts[contact_id], state.touch_agent(agent_name)
        _let_go(contact, agent_name)
        assignment, agent.assignment = agent.assignment, None
        if assignment is None:
            return contact.agent is None
        if contact.agent is None:
            self._note_offered(assignment.queue, contact_id, unanswered=False)
        if assignment.phase in CONNECTED:
            self._note_served(agent, assignment)
            agent.idle_since = state.now
            if wrap_up and agent.logged_in and state.times.wrap_up_s > 0:
                state.start_wrap_up(agent, state.now, state.now + state.times.wrap_up_s)
        return contact.agent is None

    def rest(self, contact_id: str) -> None:
        """Keep a contact out of its line for a while: its worker did not act on a reservation."""
        state = self._state
        contact = state.contacts[contact_id]
        contact.misses += 1
        # The first miss may be a lost message: at once again, behind nobody. Then longer and longer.
        if contact.misses == 1:
            state.wait(contact_id)
            return
        contact.rests_until = state.now + min(LONGEST_REST_S, REST_S * (contact.misses - 1))
        state.deadlines.set(contact.rests_until, RestEnds(contact_id))

    def _note_served(self, agent: Agent, assignment: Assignment) -> None:
        if assignment.connected_at is not None:
            state, served = self._state, agent.in_queue(assignment.queue)
            talked = state.now - assignment.connected_at
            served.talk_s += talked
            state.pace(assignment.queue).handled(talked + state.times.wrap_up_s)
            served.last_ended = state.now

    def _note_offered(self, queue: str, contact_id: str, *, unanswered: bool) -> None:
        """Without autofill, the next of a queue is offered when the one before is answered, or waits again."""
        state = self._state
        if queue not in self._one_at_a_time:
            return
        if unanswered:
            state.offered[queue] = contact_id
        elif state.offered.get(queue) == contact_id:
            del state.offered[queue]
            state.touched_contacts.update(dict.fromkeys(state.router.heads(queue)))


def _let_go(contact: QueuedContact, agent: str) -> None:
    if agent in contact.also:
        contact.also.remove(agent)
    elif contact.agent == agent:
        contact.agent = contact.also.pop(0) if contact.also else None
