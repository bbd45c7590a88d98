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
from dataclasses import dataclass

from ivr.acd_messages import (
    AcdEffect,
    AcdInput,
    AgentChanged,
    AgentLoggedIn,
    AgentLoggedOut,
    ContactAnswered,
    ContactEnded,
    ContactHeld,
    ContactQueuedIn,
    ContactRinging,
    ContactUnreachable,
    NotReady,
    OfferContact,
    OfferFailed,
    Ready,
    SnapshotReceived,
    StationDown,
    StationUp,
    Tick,
    TurnAway,
)
from ivr.agents import CONNECTED, Agent, AgentState, Assignment
from ivr.contacts import ContactSnapshot
from ivr.deadlines import Deadlines, LeaseEnds, PlaceChanges, QueueEmpties, RestEnds, WrapUpEnds
from ivr.estimate import Line, Pace, Wait, estimate, keep
from ivr.placing import place
from ivr.queue import QueuedContact
from ivr.routing import Router
from ivr.settings import QueueSettings
from ivr.staffing import Staffing
from voice.events import new_identifier

RINGING_GRACE_S = 3.0
REST_S = 5.0
LONGEST_REST_S = 60.0
EMPTY_GRACE_S = 30.0
"""How long a queue must have nobody before its callers are sent on: a station that restarts is not nobody."""
ENDED_REMEMBERED = 4096
"""Ended contacts whose late events are ignored: a worker's last words may come after the front's news of its death."""


_STARTS_IDLE = frozenset({AgentState.OFFLINE, AgentState.NOT_READY, AgentState.NOT_RESPONDING})
"""States from which becoming available starts the idle time anew. After RESERVED or RINGING it runs on."""


@dataclass(frozen=True, slots=True)
class AcdTimes:
    """Seconds. ``wrap_up_s`` 0: no wrap-up."""

    reserve_s: float = 5.0
    ring_s: float = 15.0
    wrap_up_s: float = 10.0


class Acd:
    """See the module. ``now`` is Unix seconds; should it go back, the latest seen counts."""

    def __init__(
        self,
        times: AcdTimes | None = None,
        new_lease: Callable[[], str] = new_identifier,
        queues: Mapping[str, QueueSettings] | None = None,
    ) -> None:
        self._times = times or AcdTimes()
        self._new_lease = new_lease
        self._now = 0.0
        self._agents: dict[str, Agent] = {}
        self._contacts: dict[str, QueuedContact] = {}
        self._ended: dict[str, None] = {}
        self._queues = dict(queues or {})
        self._router = Router(self._queues)
        self._staffing = Staffing()
        self._one_at_a_time = frozenset(name for name, queue in self._queues.items() if not queue.autofill)
        self._offered: dict[str, str] = {}
        self._paces: dict[str, Pace] = {}
        self._turns = 0
        self._deadlines: Deadlines = Deadlines()
        self._shown: dict[str, tuple[AgentState, str]] = {}
        self._touched_agents: dict[str, None] = {}
        self._touched_contacts: dict[str, None] = {}
        self._effects: list[AcdEffect] = []

    @property
    def next_deadline(self) -> float | None:
        """When the next Tick is due, in Unix seconds; may be early, never late."""
        return self._deadlines.next

    @property
    def agents(self) -> Iterable[Agent]:
        """Everyone known, to be read only."""
        return self._agents.values()

    def agent(self, name: str) -> Agent | None:
        """One agent, to be read only."""
        return self._agents.get(name)

    def contact(self, contact_id: str) -> QueuedContact | None:
        """A contact that has not ended and was queued once, to be read only."""
        return self._contacts.get(contact_id)

    def waiting(self, queue: str) -> tuple[str, ...]:
        """The contacts of ``queue`` that may be offered now, first to be served first."""
        return self._router.waiting(queue)

    def outlook(self, contact_id: str) -> tuple[int, Wait | None] | None:
        """How many are before a waiting contact, and the wait to tell its caller; None for one that does not wait."""
        contact = self._contacts.get(contact_id)
        if contact is None or not self._router.is_waiting(contact_id):
            return None
        queue = contact.served_in
        ahead = self._router.ahead_of(queue, contact.rank)
        agents, share = self._staffing.working(queue), self._staffing.share(queue)
        line = Line(ahead, agents, share, self._router.idle_in(queue), self._pace(queue).handle_s)
        contact.told = keep(contact.told, estimate(line))
        return ahead, contact.told

    def queue_state(self, queue: str) -> tuple[int, int]:
        """How many contacts wait in ``queue``, and how many of its agents work."""
        return self._router.length(queue), self._staffing.working(queue)

    def _pace(self, queue: str) -> Pace:
        if queue not in self._paces:
            self._paces[queue] = Pace((self._queues.get(queue) or QueueSettings(name=queue)).handle_s)
        return self._paces[queue]

    def handle(self, given: AcdInput, now: float) -> tuple[AcdEffect, ...]:
        """Take one input at ``now``. What is due by then happens first. Stale or repeated inputs do no harm."""
        self._now = max(self._now, now)
        self._expire()
        self._dispatch(given)
        self._settle()
        effects, self._effects = tuple(self._effects), []
        return effects

    def _dispatch(self, given: AcdInput) -> None:
        match given:
            case ContactQueuedIn() | ContactEnded() | SnapshotReceived():
                self._contact_input(given)
            case ContactRinging() | ContactAnswered() | ContactUnreachable() | OfferFailed() | ContactHeld():
                self._lease_input(given)
            case AgentLoggedIn() | AgentLoggedOut() | StationUp() | StationDown() | Ready() | NotReady():
                self._agent_input(given)
            case Tick():
                pass

    # Agents

    def _agent_input(self, given: AgentLoggedIn | AgentLoggedOut | StationUp | StationDown | Ready | NotReady) -> None:
        agent = self._touch_agent(given.agent)
        match given:
            case AgentLoggedIn(_, queues, ready, skills, weights):
                self._router.remove_agent(agent.name)  # the lines it stands in may be others now
                agent.logged_in, agent.queues, agent.ready, agent.not_responding = True, queues, ready, ""
                agent.skills, agent.weights = dict(skills), dict(weights)
            case AgentLoggedOut():
                agent.logged_in, agent.ready, agent.wrap_up_until = False, False, None
            case StationUp():
                agent.station = True
            case StationDown():
                agent.station = False
            case Ready():
                agent.ready, agent.not_responding, agent.wrap_up_until = True, "", None
            case NotReady(_, reason):
                agent.ready, agent.not_ready_reason, agent.wrap_up_until = False, reason, None

    def _touch_agent(self, name: str) -> Agent:
        self._touched_agents[name] = None
        if name not in self._agents:
            self._agents[name] = Agent(name, idle_since=self._now, since=self._now)
        return self._agents[name]

    # Contacts

    def _contact_input(self, given: ContactQueuedIn | ContactEnded | SnapshotReceived) -> None:
        contact_id = given.contact_id
        if contact_id in self._ended:
            return
        match given:
            case ContactQueuedIn(_, queue, priority, queued_at, skills, sticky):
                known = self._contacts.get(contact_id)
                if known and (known.queue, known.queued_at) == (queue, queued_at):
                    return  # delivered twice
                self._release(contact_id)
                self._contacts[contact_id] = QueuedContact(contact_id, queue, priority, queued_at, skills, sticky)
                self._admit(contact_id, queue)
                self._wait(contact_id)
            case ContactEnded():
                self._release(contact_id)
                self._forget(contact_id)
                self._ended[contact_id] = None
                if len(self._ended) > ENDED_REMEMBERED:
                    del self._ended[next(iter(self._ended))]
            case SnapshotReceived(_, snapshot):
                self._reconcile(contact_id, snapshot)

    def _reconcile(self, contact_id: str, seen: ContactSnapshot) -> None:
        held = self._assignment(contact_id)
        if seen.phase == "flow" or (seen.phase != "queued" and not seen.agent):
            self._release(contact_id)
            self._forget(contact_id)
            return
        contact = self._contacts.setdefault(
            contact_id, QueuedContact(contact_id, seen.queue, seen.priority, seen.queued_at)
        )
        contact.queue, contact.priority, contact.queued_at = seen.queue, seen.priority, seen.queued_at
        contact.skills = seen.skills
        if seen.phase == "queued":
            # Reserved just now: the worker had not heard of it when it wrote. The lease settles it.
            if held is None or held.phase is not AgentState.RESERVED:
                self._release(contact_id)
                self._wait(contact_id)
            return
        phase = AgentState.RINGING if seen.phase == "ringing" else AgentState.TALKING
        if held and contact.agent == seen.agent and held.phase in CONNECTED and phase in CONNECTED:
            return  # as believed; on hold, perhaps
        self._assign(contact_id, seen.agent, seen.lease_id, phase)

    def _admit(self, contact_id: str, queue: str) -> None:
        """Tell a contact that joins a queue that has nobody, or is full."""
        rules = self._queues.get(queue)
        if rules is None:
            return
        if self._staffing.is_empty(queue, rules.join_empty):
            self._effects.append(TurnAway(contact_id, "empty"))
        elif rules.max_waiting and self._router.length(queue) >= rules.max_waiting:
            self._effects.append(TurnAway(contact_id, "full"))
        elif self._staffing.is_empty(queue, rules.leave_empty):
            self._deadlines.set(self._now + EMPTY_GRACE_S, QueueEmpties(queue))

    def _wait(self, contact_id: str) -> None:
        """Put a contact into the line it has come to by now; it rests no longer."""
        contact = self._contacts[contact_id]
        contact.rests_until = None
        stands = place(contact, self._queues, self._now, sticky_works=self._sticky_works(contact))
        contact.served_in = stands.demand.queue
        self._router.add_contact(contact_id, stands.demand, contact.rank)
        self._touched_contacts[contact_id] = None
        if stands.until is not None:
            self._deadlines.set(stands.until, PlaceChanges(contact_id))

    def _sticky_works(self, contact: QueuedContact) -> bool:
        agent = self._agents.get(contact.sticky)
        return agent is not None and agent.working and contact.queue in agent.queues

    def _rest(self, contact_id: str) -> None:
        """Keep a contact out of its line for a while: its worker did not act on a reservation."""
        contact = self._contacts[contact_id]
        contact.misses += 1
        # The first miss may be a lost message: at once again, behind nobody. Then longer and longer.
        if contact.misses == 1:
            self._wait(contact_id)
            return
        contact.rests_until = self._now + min(LONGEST_REST_S, REST_S * (contact.misses - 1))
        self._deadlines.set(contact.rests_until, RestEnds(contact_id))

    def _forget(self, contact_id: str) -> None:
        self._router.remove_contact(contact_id)
        self._contacts.pop(contact_id, None)

    # Leases

    def _lease_input(
        self, given: ContactRinging | ContactAnswered | ContactUnreachable | OfferFailed | ContactHeld
    ) -> None:
        contact_id = given.contact_id
        if contact_id not in self._contacts:
            return
        held = self._assignment(contact_id)
        match given:
            case ContactAnswered(_, agent, lease_id):
                self._assign(contact_id, agent, lease_id, AgentState.TALKING)  # a fact, even if the lease ran out
            case ContactHeld(_, on):
                if held and held.phase in CONNECTED:
                    held.phase = AgentState.HOLD if on else AgentState.TALKING
                    self._touched_agents[self._contacts[contact_id].agent or ""] = None
            case _ if held is None or held.lease_id != given.lease_id or held.phase in CONNECTED:
                return  # of a reservation that is over
            case ContactRinging(_, agent, lease_id):
                self._assign(contact_id, agent, lease_id, AgentState.RINGING)
            case ContactUnreachable(_, agent, _, reason):
                self._release(contact_id)
                self._touch_agent(agent).not_responding = reason or "no answer"
                self._contacts[contact_id].misses = 0
                self._wait(contact_id)
            case OfferFailed():
                self._release(contact_id)
                self._rest(contact_id)

    def _assignment(self, contact_id: str) -> Assignment | None:
        contact = self._contacts.get(contact_id)
        return self._agents[contact.agent].assignment if contact and contact.agent else None

    def _assign(self, contact_id: str, agent_name: str, lease_id: str, phase: AgentState) -> None:
        """Give a contact to an agent, taking both away from whatever they had: facts win over plans."""
        contact = self._contacts[contact_id]
        agent = self._touch_agent(agent_name)
        if contact.agent is not None and contact.agent != agent_name:
            self._release(contact_id)
        if agent.assignment is not None and agent.assignment.contact_id != contact_id:
            other, was = agent.assignment.contact_id, agent.assignment.phase
            self._contacts[other].agent = None
            self._note_offered(agent.assignment.queue, other, unanswered=False)
            self._note_served(agent, agent.assignment)
            agent.assignment = None
            # Two that both claim to talk with one agent: the older claim is out of date, and that contact is neither
            # waiting nor with anyone until its worker says more.
            if was not in CONNECTED or phase not in CONNECTED:
                self._wait(other)
        self._router.remove_contact(contact_id)
        self._router.remove_agent(agent_name)
        self._touched_contacts.pop(contact_id, None)
        contact.agent, contact.rests_until = agent_name, None
        before, queue = agent.assignment, contact.served_in or contact.queue
        agent.assignment = Assignment(contact_id, lease_id, phase, queue, before.connected_at if before else None)
        agent.wrap_up_until = None
        self._note_offered(queue, contact_id, unanswered=phase not in CONNECTED)
        if phase in CONNECTED:
            contact.misses, agent.not_responding = 0, ""
            if agent.assignment.connected_at is None:
                agent.assignment.connected_at = self._now
                agent.in_queue(queue).calls += 1
        else:
            lasts = self._times.reserve_s if phase is AgentState.RESERVED else self._times.ring_s + RINGING_GRACE_S
            self._deadlines.set(self._now + lasts, LeaseEnds(agent_name, phase, lease_id))

    def _release(self, contact_id: str) -> None:
        """Free the agent of a contact, if it has one: to wrap-up if they talked. The contact is left in no line."""
        contact = self._contacts.get(contact_id)
        if contact is None or contact.agent is None:
            return
        agent = self._touch_agent(contact.agent)
        contact.agent = None
        assignment, agent.assignment = agent.assignment, None
        if assignment is None:
            return
        self._note_offered(assignment.queue, contact_id, unanswered=False)
        if assignment.phase in CONNECTED:
            self._note_served(agent, assignment)
            agent.idle_since = self._now
            if agent.logged_in and self._times.wrap_up_s > 0:
                agent.wrap_up_until = self._now + self._times.wrap_up_s
                self._deadlines.set(agent.wrap_up_until, WrapUpEnds(agent.name))

    def _note_served(self, agent: Agent, assignment: Assignment) -> None:
        if assignment.connected_at is not None:
            served = agent.in_queue(assignment.queue)
            talked = self._now - assignment.connected_at
            served.talk_s += talked
            self._pace(assignment.queue).handled(talked + self._times.wrap_up_s)
            served.last_ended = self._now

    def _note_offered(self, queue: str, contact_id: str, *, unanswered: bool) -> None:
        """Without autofill, the next of a queue is offered when the one before is answered, or waits again."""
        if queue not in self._one_at_a_time:
            return
        if unanswered:
            self._offered[queue] = contact_id
        elif self._offered.get(queue) == contact_id:
            del self._offered[queue]
            self._touched_contacts.update(dict.fromkeys(self._router.heads(queue)))

    # Time

    def _expire(self) -> None:
        """Act on everything due that still means something."""
        for due in self._deadlines.due(self._now):
            match due:
                case LeaseEnds(name, phase, lease_id):
                    held = self._agents[name].assignment
                    if held is not None and (held.phase, held.lease_id) == (phase, lease_id):
                        self._release(held.contact_id)
                        self._rest(held.contact_id)
                case WrapUpEnds(name):
                    agent = self._agents[name]
                    if agent.wrap_up_until is not None and agent.wrap_up_until <= self._now:
                        agent.wrap_up_until, agent.idle_since = None, self._now
                        self._touch_agent(name)
                case PlaceChanges(contact_id):
                    if self._router.is_waiting(contact_id):
                        self._wait(contact_id)
                case QueueEmpties(queue):
                    if self._staffing.is_empty(queue, self._queues[queue].leave_empty):
                        self._effects.extend(TurnAway(waiting, "empty") for waiting in self._router.waiting(queue))
                case RestEnds(contact_id):
                    contact = self._contacts.get(contact_id)
                    if contact and contact.rests_until is not None and contact.rests_until <= self._now:
                        self._wait(contact_id)

    # Matching

    def _settle(self) -> None:
        """Bring the lines up to date with what was touched, match, and say which agents changed."""
        freed = []
        for name in self._touched_agents:
            agent = self._agents[name]
            self._note_staff(agent)
            idle = agent.state is AgentState.AVAILABLE
            if not idle:
                self._router.remove_agent(name)
            elif not self._router.is_idle(name):
                if self._shown.get(name, (AgentState.OFFLINE, ""))[0] in _STARTS_IDLE:
                    agent.idle_since = self._now
                freed.append(agent)
        for agent in sorted(freed, key=lambda agent: agent.idle_since):
            if (chosen := self._router.contact_for(agent, self._now, self._offered)) is not None:
                self._offer(chosen, agent.name)
            else:
                self._router.add_agent(agent)
        for contact_id in sorted(self._touched_contacts, key=self._rank):
            if not self._router.is_waiting(contact_id) or self._contacts[contact_id].served_in in self._offered:
                continue
            if (best := self._router.agent_for(contact_id)) is not None:
                self._offer(contact_id, best)
        self._touched_contacts.clear()
        self._report()

    def _note_staff(self, agent: Agent) -> None:
        for queue in self._staffing.note(agent):
            rules = self._queues.get(queue)
            if rules and self._staffing.is_empty(queue, rules.leave_empty) and self._router.length(queue):
                self._deadlines.set(self._now + EMPTY_GRACE_S, QueueEmpties(queue))

    def _rank(self, contact_id: str) -> tuple[float, ...]:
        contact = self._contacts.get(contact_id)
        return contact.rank if contact else ()

    def _offer(self, contact_id: str, agent_name: str) -> None:
        lease_id = self._new_lease()
        self._touched_agents[agent_name] = None
        self._turns += 1
        self._agents[agent_name].in_queue(self._contacts[contact_id].served_in).turn = self._turns
        self._assign(contact_id, agent_name, lease_id, AgentState.RESERVED)
        self._effects.append(OfferContact(contact_id, agent_name, lease_id, self._times.ring_s))

    def _report(self) -> None:
        for name in self._touched_agents:
            agent = self._agents[name]
            now_shown = (agent.state, agent.reason)
            if self._shown.get(name, (AgentState.OFFLINE, "")) != now_shown:
                self._shown[name] = now_shown
                agent.since = self._now
                self._effects.append(AgentChanged(name, *now_shown, self._now))
        self._touched_agents.clear()
