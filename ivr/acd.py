"""The ACD (automatic call distributor): pure brain of queue and agents. One input in, its effects out, time given.

    acd = Acd()
    effects = acd.handle(ContactQueuedIn(...), now)
    # perform them; then call acd.handle(Tick(), now) at acd.next_deadline

What holds after every input: an agent has at most one contact; a contact that was queued and has not ended waits, rests
or is with an agent; none waits beside an idle agent who may have it (see ``ivr.placing``; a queue without autofill
offers one at a time); of those with one demand, who has waited longest goes first, a step of priority being worth ten
minutes. A reservation is a lease: RESERVED lasts ``reserve_s``, RINGING ``ring_s`` + 3 s; then agent and
contact are free again, whatever got lost on the way. Deadlines, not scans, find what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ivr.acd_contacts import Contacts
from ivr.acd_messages import (
    AcdEffect,
    AcdInput,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPreferred,
    ContactAnswered,
    ContactDirected,
    ContactEnded,
    ContactHeld,
    ContactPostponed,
    ContactQueuedIn,
    ContactRinging,
    ContactUnreachable,
    MoreWrapUp,
    NotReady,
    OfferFailed,
    Ready,
    SnapshotReceived,
    StationDown,
    StationUp,
    Tick,
    TurnAway,
)
from ivr.acd_state import AcdState, AcdTimes
from ivr.agents import CONNECTED, STATION_LOST, Agent, AgentState
from ivr.deadlines import ConsultEnds, LeaseEnds, PlaceChanges, QueueEmpties, RestEnds, WrapUpEnds
from ivr.estimate import Wait
from ivr.leases import Leases
from ivr.matching import EMPTY_GRACE_S, Matcher
from ivr.queue import QueuedContact
from ivr.settings import QueueSettings
from ivr.sharing import Sharing
from voice.events import new_identifier

__all__ = ["EMPTY_GRACE_S", "Acd", "AcdTimes"]


class Acd:
    """See the module. ``now`` is Unix seconds; should it go back, the latest seen counts."""

    def __init__(
        self,
        times: AcdTimes | None = None,
        new_lease: Callable[[], str] = new_identifier,
        queues: Mapping[str, QueueSettings] | None = None,
    ) -> None:
        self._state = AcdState(times or AcdTimes(), queues or {})
        self._leases = Leases(self._state)
        self._matcher = Matcher(self._state, self._leases, new_lease)
        self._sharing = Sharing(self._state, self._leases, self._matcher)
        self._contacts = Contacts(self._state, self._leases, self._sharing)

    @property
    def next_deadline(self) -> float | None:
        """When the next Tick is due, in Unix seconds; may be early, never late."""
        return self._state.deadlines.next

    @property
    def agents(self) -> Iterable[Agent]:
        """Everyone known, to be read only."""
        return self._state.agents.values()

    def agent(self, name: str) -> Agent | None:
        """One agent, to be read only."""
        return self._state.agents.get(name)

    def contact(self, contact_id: str) -> QueuedContact | None:
        """A contact that has not ended and was queued once, to be read only."""
        return self._state.contacts.get(contact_id)

    def waiting(self, queue: str) -> tuple[str, ...]:
        """The contacts of ``queue`` that may be offered now, first to be served first."""
        return self._state.router.waiting(queue)

    def outlook(self, contact_id: str) -> tuple[int, Wait | None] | None:
        """How many are before a waiting contact, and the wait to tell its caller; None for one that does not wait."""
        return self._state.outlook(contact_id)

    def expected_wait(self, queue: str) -> Wait | None:
        """What one who joined ``queue`` now would wait; None where nothing honest can be said."""
        return self._state.expected_wait(queue, self._state.router.length(queue))

    def queue_state(self, queue: str) -> tuple[int, int]:
        """How many contacts wait in ``queue``, and how many of its agents work."""
        return self._state.router.length(queue), self._state.staffing.working(queue)

    def handle(self, given: AcdInput, now: float) -> tuple[AcdEffect, ...]:
        """Take one input at ``now``. What is due by then happens first. Stale or repeated inputs do no harm."""
        self._state.now = max(self._state.now, now)
        self._expire()
        self._dispatch(given)
        self._matcher.settle()
        effects, self._state.effects = tuple(self._state.effects), []
        return effects

    def _dispatch(self, given: AcdInput) -> None:
        match given:
            case (
                ContactQueuedIn() | ContactEnded() | SnapshotReceived() | AgentPreferred() | ContactPostponed()
                | ContactDirected()
            ):  # fmt: skip
                self._contacts.take(given)
            case ContactRinging() | ContactAnswered() | ContactUnreachable() | OfferFailed() | ContactHeld():
                self._lease_input(given)
            case AgentLoggedIn() | AgentLoggedOut() | StationUp() | StationDown() | Ready() | NotReady() | MoreWrapUp():
                self._agent_input(given)
            case Tick():
                pass
            case _:
                self._sharing.take(given)

    # Agents

    def _agent_input(
        self, given: AgentLoggedIn | AgentLoggedOut | StationUp | StationDown | Ready | NotReady | MoreWrapUp
    ) -> None:
        agent = self._state.touch_agent(given.agent)
        match given:
            case AgentLoggedIn(_, queues, ready, skills, weights, wrap_up):
                self._state.router.remove_agent(agent.name)  # the lines it stands in may be others now
                agent.logged_in, agent.queues, agent.ready, agent.not_responding = True, queues, ready, ""
                agent.skills, agent.weights = dict(skills), dict(weights)
                if wrap_up is not None and wrap_up[1] > self._state.now and agent.assignment is None:
                    self._state.start_wrap_up(agent, *wrap_up)
            case AgentLoggedOut():
                agent.logged_in, agent.ready, agent.wrap_up_until = False, False, None
            case StationUp():
                agent.station, agent.station_since = True, self._state.now
                if agent.not_responding == STATION_LOST:
                    agent.not_responding = ""
            case StationDown():
                agent.station = False
            case Ready():
                agent.ready, agent.not_responding, agent.wrap_up_until = True, "", None
            case NotReady(_, reason):
                agent.ready, agent.not_ready_reason, agent.wrap_up_until = False, reason, None
            case MoreWrapUp():
                if agent.wrap_up_until is not None:
                    times = self._state.times
                    most = agent.wrap_up_since + max(times.wrap_up_limit_s, times.wrap_up_s)
                    agent.wrap_up_until = min(agent.wrap_up_until + times.wrap_up_more_s, most)
                    self._state.deadlines.set(agent.wrap_up_until, WrapUpEnds(agent.name))

    # Leases

    def _lease_input(
        self, given: ContactRinging | ContactAnswered | ContactUnreachable | OfferFailed | ContactHeld
    ) -> None:
        contact_id = given.contact_id
        if contact_id not in self._state.contacts:
            return
        lease = None if isinstance(given, ContactHeld | ContactAnswered) else given.lease_id
        held = self._state.assignment(contact_id, lease)
        match given:
            case ContactAnswered(_, agent, lease_id):
                # A fact, even if the lease ran out.
                self._leases.assign(contact_id, agent, lease_id, AgentState.TALKING)
            case ContactHeld(_, on):
                if held and held.phase in CONNECTED:
                    contact = self._state.contacts[contact_id]
                    on_hold = AgentState.CONSULT if contact.consults else AgentState.HOLD
                    held.phase = on_hold if on else AgentState.TALKING
                    self._state.touched_agents[contact.agent or ""] = None
            case _ if held is None or held.phase in CONNECTED:
                return  # of a reservation that is over
            case ContactRinging(_, agent, lease_id):
                self._leases.assign(contact_id, agent, lease_id, AgentState.RINGING)
            case ContactUnreachable(_, agent, _, reason):
                self._state.touch_agent(agent).not_responding = reason or "no answer"
                self._state.contacts[contact_id].misses = 0
                if self._leases.drop(contact_id, agent):
                    self._state.wait(contact_id)
            case OfferFailed(_, lease_id):
                if self._leases.drop(contact_id, self._holder(contact_id, lease_id)):
                    self._leases.rest(contact_id)

    def _holder(self, contact_id: str, lease_id: str) -> str:
        holders = self._state.contacts[contact_id].holders
        assignments = ((name, self._state.agents[name].assignment) for name in holders)
        return next(name for name, held in assignments if held is not None and held.lease_id == lease_id)

    # Time

    def _expire(self) -> None:
        """Act on everything due that still means something."""
        state = self._state
        for due in state.deadlines.due(state.now):
            match due:
                case LeaseEnds(name, phase, lease_id):
                    held = state.agents[name].assignment
                    if held is None or (held.phase, held.lease_id) != (phase, lease_id):
                        continue
                    if self._leases.drop(held.contact_id, name):
                        self._leases.rest(held.contact_id)
                case ConsultEnds():
                    self._sharing.lapse(due)
                case WrapUpEnds(name):
                    agent = state.agents[name]
                    if agent.wrap_up_until is not None and agent.wrap_up_until <= state.now:
                        agent.wrap_up_until, agent.idle_since = None, state.now
                        state.touch_agent(name)
                case PlaceChanges(contact_id):
                    if state.router.is_waiting(contact_id):
                        state.wait(contact_id)
                case QueueEmpties(queue):
                    if state.staffing.is_empty(queue, state.queues[queue].leave_empty):
                        state.effects.extend(TurnAway(waiting, "empty") for waiting in state.router.waiting(queue))
                case RestEnds(contact_id):
                    contact = state.contacts.get(contact_id)
                    if contact and contact.rests_until is not None and contact.rests_until <= state.now:
                        state.wait(contact_id)
