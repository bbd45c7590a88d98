"""What the ACD knows, shared by its parts (``ivr.acd``, ``ivr.leases``, ``ivr.matching``): data and its look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.acd_messages import AcdEffect
from ivr.agents import Agent, AgentState, Assignment
from ivr.deadlines import Deadlines, PlaceChanges, WrapUpEnds
from ivr.estimate import Line, Pace, Wait, estimate, keep
from ivr.placing import place
from ivr.queue import QueuedContact
from ivr.routing import Router
from ivr.settings import QueueSettings
from ivr.staffing import Staffing


@dataclass(frozen=True, slots=True)
class AcdTimes:
    """Seconds. ``wrap_up_s`` 0: no wrap-up. An agent may ask for ``wrap_up_more_s`` more, again and again, until it has
    lasted ``wrap_up_limit_s`` in all.
    """

    reserve_s: float = 5.0
    ring_s: float = 15.0
    wrap_up_s: float = 10.0
    wrap_up_more_s: float = 30.0
    wrap_up_limit_s: float = 180.0


class AcdState:
    """Agents, contacts and lines. ``touched_*`` are those a match is looked for after the input; ``offered`` the
    contact in offer of each queue without autofill; ``effects`` what has come out so far.
    """

    def __init__(self, times: AcdTimes, queues: Mapping[str, QueueSettings]) -> None:
        self.times = times
        self.queues = dict(queues)
        self.now = 0.0
        self.agents: dict[str, Agent] = {}
        self.contacts: dict[str, QueuedContact] = {}
        self.router = Router(self.queues)
        self.staffing = Staffing()
        self.deadlines = Deadlines()
        self.shown: dict[str, tuple[AgentState, str, float]] = {}
        self.offered: dict[str, str] = {}
        self.touched_agents: dict[str, None] = {}
        self.touched_contacts: dict[str, None] = {}
        self.effects: list[AcdEffect] = []
        self._paces: dict[str, Pace] = {}

    def rules(self, queue: str) -> QueueSettings:
        """The settings of ``queue``; the defaults where it is only named, or none (a contact for one agent)."""
        return self.queues.get(queue) or QueueSettings(name=queue or "-")

    def pace(self, queue: str) -> Pace:
        """How long contacts of ``queue`` take."""
        if queue not in self._paces:
            self._paces[queue] = Pace(self.rules(queue).handle_s)
        return self._paces[queue]

    def touch_agent(self, name: str) -> Agent:
        """The agent, about to change; made known if need be."""
        self.touched_agents[name] = None
        if name not in self.agents:
            self.agents[name] = Agent(name, idle_since=self.now, since=self.now)
        return self.agents[name]

    def assignment(self, contact_id: str, lease_id: str | None = None) -> Assignment | None:
        """What the agent of a contact has of it, or the one of its agents who has it by ``lease_id``."""
        contact = self.contacts.get(contact_id)
        for holder in contact.holders if contact else ():
            held = self.agents[holder].assignment
            if held is not None and lease_id in (None, held.lease_id):
                return held
        return None

    def start_wrap_up(self, agent: Agent, since: float, until: float) -> None:
        """The agent wraps up."""
        agent.wrap_up_since, agent.wrap_up_until = since, until
        self.deadlines.set(until, WrapUpEnds(agent.name))

    def wait(self, contact_id: str) -> None:
        """Put a contact into the line it has come to by now; it rests no longer."""
        contact = self.contacts[contact_id]
        if not contact.queue:
            self.forget(contact_id)  # it wanted one agent, and has not got her
            return
        contact.rests_until = None
        if not self._works(contact.preferred, contact.queue):
            contact.preferred = ""
        stands = place(contact, self.queues, self.now, sticky_works=self._works(contact.sticky, contact.queue))
        contact.served_in = stands.demand.queue
        self.router.add_contact(contact_id, stands.demand, contact.rank)
        self.touched_contacts[contact_id] = None
        if stands.until is not None:
            self.deadlines.set(stands.until, PlaceChanges(contact_id))

    def forget(self, contact_id: str) -> None:
        """The contact waits no longer and has no agent."""
        self.router.remove_contact(contact_id)
        self.contacts.pop(contact_id, None)

    def outlook(self, contact_id: str) -> tuple[int, Wait | None] | None:
        """See ``Acd.outlook``."""
        contact = self.contacts.get(contact_id)
        if contact is None or not self.router.is_waiting(contact_id):
            return None
        ahead = self.router.ahead_of(contact.served_in, contact.rank)
        contact.told = keep(contact.told, self.expected_wait(contact.served_in, ahead))
        return ahead, contact.told

    def expected_wait(self, queue: str, ahead: int) -> Wait | None:
        """What one with ``ahead`` others before it in ``queue`` waits, as it looks now."""
        agents, share = self.staffing.working(queue), self.staffing.share(queue)
        return estimate(Line(ahead, agents, share, self.router.idle_in(queue), self.pace(queue).handle_s))

    def _works(self, name: str, queue: str) -> bool:
        agent = self.agents.get(name)
        return agent is not None and agent.working and queue in agent.queues
