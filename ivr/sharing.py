"""Agents who share a contact for a while, or pass it on: consulting, transfers, lost stations. Part of ``ivr.acd``."""

from __future__ import annotations

from ivr.acd_messages import (
    AgentConsulted,
    AgentRequested,
    ConsultAnswered,
    ConsultBegan,
    ConsultOver,
    ContactGiven,
    SharingInput,
    StationLost,
)
from ivr.acd_state import AcdState
from ivr.agents import CONNECTED, STATION_LOST, Agent, AgentState
from ivr.contacts import ContactSnapshot
from ivr.deadlines import ConsultEnds
from ivr.leases import Leases
from ivr.matching import Matcher
from ivr.queue import QueuedContact

CONSULT_RING_S = 35.0
"""How long an agent is kept free for being consulted until she has answered: the ringing and some more."""


class Sharing:
    """A consulted agent has no contact of her own, but is offered none meanwhile."""

    def __init__(self, state: AcdState, leases: Leases, matcher: Matcher) -> None:
        self._state = state
        self._leases = leases
        self._matcher = matcher
        self._consulted: dict[str, str] = {}

    def take(self, given: SharingInput) -> None:
        """Take one input."""
        match given:
            case AgentConsulted(contact_id, agent):
                self._reserve(contact_id, agent)
            case ConsultBegan(contact_id, party):
                self._consults(contact_id, party)
            case ConsultAnswered(_, party):
                if party in self._state.agents:
                    self._state.agents[party].consulted_until = None
            case ConsultOver(contact_id, party):
                self._over(contact_id, party)
            case ContactGiven():
                self._given(given)
            case StationLost(contact_id, agent, silent_s):
                self._lost(contact_id, agent, silent_s)
            case AgentRequested(contact_id, agent):
                self._request(contact_id, agent)

    def lapse(self, due: ConsultEnds) -> None:
        """Nobody has said that the agent answered: she is not kept free any longer."""
        agent = self._state.agents[due.agent]
        if agent.consulted_until is not None and agent.consulted_until <= self._state.now:
            self._free(agent)

    def ended(self, contact_id: str) -> None:
        """The contact is over, and so is whatever was shared of it."""
        if (name := self._consulted.get(contact_id)) is not None:
            self._free(self._state.agents[name])

    def reconcile(self, contact_id: str, seen: ContactSnapshot) -> None:
        """What the worker says of a contact that an agent has, or is about to be given."""
        if self._consulted.get(contact_id) != seen.consulted:
            self.ended(contact_id)
        if seen.consulted:
            self._reserve(contact_id, seen.consulted)
            self._state.agents[seen.consulted].consulted_until = None
        contact, held = self._state.contacts.get(contact_id), self._state.assignment(contact_id)
        if contact is not None:
            contact.consults = seen.consulted
        if contact is not None and contact.agent and held is not None and held.phase in CONNECTED:
            phases = {"held": AgentState.HOLD, "consult": AgentState.CONSULT}
            held.phase = phases.get(seen.talk, AgentState.TALKING)
            self._state.touch_agent(contact.agent)

    def _reserve(self, contact_id: str, name: str) -> None:
        agent = self._state.touch_agent(name)
        self._state.router.remove_agent(name)
        self._free(agent)
        self._consulted[contact_id] = name
        agent.consulted, agent.consulted_until = contact_id, self._state.now + CONSULT_RING_S
        self._state.deadlines.set(agent.consulted_until, ConsultEnds(name))

    def _consults(self, contact_id: str, party: str) -> None:
        contact, held = self._state.contacts.get(contact_id), self._state.assignment(contact_id)
        if party in self._state.agents:
            self._reserve(contact_id, party)
        if contact is not None and contact.agent and held is not None and held.phase in CONNECTED:
            contact.consults, held.phase = party, AgentState.CONSULT
            self._state.touch_agent(contact.agent)

    def _over(self, contact_id: str, party: str) -> None:
        consulted = self._state.agents.get(party)
        if consulted is not None and consulted.consulted == contact_id:
            self._free(consulted)
        contact, held = self._state.contacts.get(contact_id), self._state.assignment(contact_id)
        if contact is not None and contact.agent and held is not None:
            contact.consults = ""
            if held.phase is AgentState.CONSULT:
                held.phase = AgentState.HOLD
                self._state.touch_agent(contact.agent)

    def _given(self, given: ContactGiven) -> None:
        """To an agent, who has it (``done``) or whose station rings; or out of our hands, until it is queued again."""
        state, contact_id = self._state, given.contact_id
        if given.done and given.to:
            if contact_id not in state.contacts:
                state.contacts[contact_id] = QueuedContact(contact_id, given.queue, 0, state.now)
            state.contacts[contact_id].consults = ""
            self._free(state.touch_agent(given.to))
            self._leases.assign(contact_id, given.to, given.lease_id, AgentState.TALKING)
            return
        self._leases.release(contact_id)
        state.forget(contact_id)
        if given.to:
            self._reserve(contact_id, given.to)

    def _lost(self, contact_id: str, name: str, silent_s: float) -> None:
        contact = self._state.contacts.get(contact_id)
        if contact is not None and name in contact.holders:
            self._leases.drop(contact_id, name, wrap_up=False)
            agent = self._state.touch_agent(name)
            if agent.station_since <= self._state.now - silent_s:  # else it is back before its end was noticed
                agent.not_responding = STATION_LOST

    def _request(self, contact_id: str, name: str) -> None:
        """A contact that may be in no queue wants this agent and nobody else."""
        state = self._state
        agent = state.agents.get(name)
        if agent is not None and agent.state is AgentState.AVAILABLE:
            state.contacts.setdefault(contact_id, QueuedContact(contact_id, "", 0, state.now))
            state.router.remove_agent(name)
            self._matcher.reserve(contact_id, name)

    def _free(self, agent: Agent) -> None:
        self._state.touch_agent(agent.name)
        self._consulted.pop(agent.consulted, None)
        agent.consulted, agent.consulted_until = "", None
