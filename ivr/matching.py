"""After every input: the lines are brought up to date with what was touched, matched, and changes are told.
A part of ``ivr.acd``.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.acd_messages import AgentChanged, OfferContact
from ivr.acd_state import AcdState
from ivr.agents import Agent, AgentState
from ivr.deadlines import QueueEmpties
from ivr.leases import Leases

EMPTY_GRACE_S = 30.0
"""How long a queue must have nobody before its callers are sent on: a station that restarts is not nobody."""

_STARTS_IDLE = frozenset({AgentState.OFFLINE, AgentState.NOT_READY, AgentState.NOT_RESPONDING})
"""States from which becoming available starts the idle time anew. After RESERVED or RINGING it runs on."""


_UNKNOWN = (AgentState.OFFLINE, "", 0.0)


class Matcher:
    """Looks only at what was touched: everyone else was matched before."""

    def __init__(self, state: AcdState, leases: Leases, new_lease: Callable[[], str]) -> None:
        self._state = state
        self._leases = leases
        self._new_lease = new_lease
        self._turns = 0

    def settle(self) -> None:
        """Match, and say which agents changed."""
        state, to_ring = self._state, list[Agent]()
        for agent in sorted(self._freed(), key=lambda agent: agent.idle_since):
            chosen = state.router.contact_for(agent, state.now, state.offered)
            if chosen is not None and state.router.rings_all(chosen):
                state.touched_contacts[chosen] = None  # below, when everyone who is free stands in line
                to_ring.append(agent)
                state.router.add_agent(agent)
            else:
                self._take(agent, chosen)
        self._match_contacts()
        for agent in to_ring:
            if state.router.is_idle(agent.name):
                self._take(agent, state.router.contact_for(agent, state.now, state.offered))
        self._report()

    def _take(self, agent: Agent, chosen: str | None) -> None:
        if chosen is not None:
            self._offer(chosen, agent.name)
        else:
            self._state.router.add_agent(agent)

    def _match_contacts(self) -> None:
        state = self._state
        for contact_id in sorted(state.touched_contacts, key=self._rank):
            if not state.router.is_waiting(contact_id) or state.contacts[contact_id].served_in in state.offered:
                continue
            if (best := state.router.agent_for(contact_id)) is not None:
                self._offer(contact_id, best)
        state.touched_contacts.clear()

    def _freed(self) -> list[Agent]:
        """The touched agents who have become available; the others of them leave the lines."""
        state, freed = self._state, list[Agent]()
        for name in state.touched_agents:
            agent = state.agents[name]
            self._note_staff(agent)
            if agent.state is not AgentState.AVAILABLE:
                state.router.remove_agent(name)
            elif not state.router.is_idle(name):
                if state.shown.get(name, _UNKNOWN)[0] in _STARTS_IDLE:
                    agent.idle_since = state.now
                freed.append(agent)
        return freed

    def _note_staff(self, agent: Agent) -> None:
        state = self._state
        for queue in state.staffing.note(agent):
            rules = state.queues.get(queue)
            if rules and state.staffing.is_empty(queue, rules.leave_empty) and state.router.length(queue):
                state.deadlines.set(state.now + EMPTY_GRACE_S, QueueEmpties(queue))

    def _rank(self, contact_id: str) -> tuple[float, ...]:
        contact = self._state.contacts.get(contact_id)
        return contact.rank if contact else ()

    def _offer(self, contact_id: str, agent_name: str) -> None:
        state = self._state
        demand = state.router.demand_of(contact_id)
        self.reserve(contact_id, agent_name)
        for other in state.router.others_for(demand):
            self.reserve(contact_id, other)

    def reserve(self, contact_id: str, agent_name: str) -> None:
        """Keep an agent for a contact, and offer it."""
        state, lease_id = self._state, self._new_lease()
        agent = state.touch_agent(agent_name)
        self._turns += 1
        agent.in_queue(state.contacts[contact_id].served_in).turn = self._turns
        self._leases.join(contact_id, agent, lease_id, AgentState.RESERVED)
        state.effects.append(OfferContact(contact_id, agent_name, lease_id, state.times.ring_s))

    def _report(self) -> None:
        state = self._state
        for name in state.touched_agents:
            agent = state.agents[name]
            until = agent.wrap_up_until if agent.state is AgentState.WRAPUP and agent.wrap_up_until else 0.0
            now_shown = (agent.state, agent.reason, until)
            if state.shown.get(name, _UNKNOWN) != now_shown:
                if state.shown.get(name, _UNKNOWN)[:2] != now_shown[:2]:
                    agent.since = state.now
                state.shown[name] = now_shown
                state.effects.append(AgentChanged(name, agent.state, agent.reason, agent.since, until))
        state.touched_agents.clear()
