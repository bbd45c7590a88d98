"""Whatever happens, in whatever order, with messages lost and late: what ``ivr.acd`` promises holds."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ivr.acd import Acd
from ivr.acd_messages import (
    AcdInput,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPreferred,
    ContactAnswered,
    ContactEnded,
    ContactHeld,
    ContactPostponed,
    ContactQueuedIn,
    ContactRinging,
    ContactUnreachable,
    MoreWrapUp,
    NotReady,
    OfferContact,
    OfferFailed,
    Ready,
    SnapshotReceived,
    StationDown,
    StationUp,
    Tick,
)
from ivr.agents import CONNECTED, AgentState
from ivr.contacts import ContactSnapshot
from ivr.queue import QueuedContact
from ivr.settings import QueueSettings
from ivr.strategies import RUNG_AT_ONCE, Strategy

AGENTS = st.sampled_from(["anna", "bob", "carl", "dora"])
QUEUES = st.sampled_from(["billing", "support", "everyone"])
RULES = {
    "support": QueueSettings(name="support", sticky_s=15),
    "everyone": QueueSettings(name="everyone", strategy=Strategy.RING_ALL),
}
PICK = st.integers(0, 1_000_000)


class Floor(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        leases = itertools.count(1)
        self.acd = Acd(new_lease=lambda: f"l{next(leases)}", queues=RULES)
        self.now = 1000.0
        self.numbers = itertools.count(1)
        self.live: dict[str, tuple[str, int, float]] = {}
        self.offers: list[OfferContact] = []

    def tell(self, given: AcdInput) -> None:
        for effect in self.acd.handle(given, self.now):
            if isinstance(effect, OfferContact):
                self.offers.append(effect)
                self.check_order(effect)

    def check_order(self, offer: OfferContact) -> None:
        """Nobody still waiting in that queue should have gone first."""
        offered = self.acd.contact(offer.contact_id)
        assert offered is not None
        for contact_id in self.acd.waiting(offered.queue):
            other = self.acd.contact(contact_id)
            assert other is not None
            assert offered.rank <= other.rank

    @initialize()
    def two_are_available(self) -> None:
        for agent, queues in (
            ("anna", ("billing", "support")),
            ("bob", ("billing", "everyone")),
            ("dora", ("everyone",)),
        ):
            self.tell(AgentLoggedIn(agent, queues, ready=True))
            self.tell(StationUp(agent))

    @rule(agent=AGENTS, queues=st.lists(QUEUES, unique=True), ready=st.sampled_from([True, True, False]))
    def log_in(self, agent: str, queues: list[str], ready: bool) -> None:
        self.tell(AgentLoggedIn(agent, tuple(queues), ready))

    @rule(agent=AGENTS, kind=st.sampled_from([AgentLoggedOut, StationUp, StationUp, StationDown, Ready, Ready]))
    def agent_does(self, agent: str, kind: type[AgentLoggedOut | StationUp | StationDown | Ready]) -> None:
        self.tell(kind(agent))

    @rule(agent=AGENTS)
    def rest(self, agent: str) -> None:
        self.tell(NotReady(agent, "break"))

    @rule(queue=QUEUES, priority=st.integers(0, 9))
    def call_in(self, queue: str, priority: int) -> None:
        contact_id = f"c{next(self.numbers)}"
        self.live[contact_id] = (queue, priority, self.now)
        self.tell(ContactQueuedIn(contact_id, queue, priority, self.now))

    @rule(pick=PICK, kind=st.sampled_from(["ringing", "answered", "answered", "unreachable", "failed", "hold"]))
    def worker_says(self, pick: int, kind: str) -> None:
        """About any offer ever made: late, repeated, out of order."""
        if not self.offers:
            return
        offer = self.offers[-1 - pick % min(len(self.offers), 6)]
        contact_id, agent, lease = offer.contact_id, offer.agent, offer.lease_id
        match kind:
            case "ringing":
                self.tell(ContactRinging(contact_id, agent, lease))
            case "answered":
                if self.may_connect(contact_id, agent):
                    self.tell(ContactAnswered(contact_id, agent, lease))
            case "unreachable":
                self.tell(ContactUnreachable(contact_id, agent, lease, "no answer"))
            case "failed":
                self.tell(OfferFailed(contact_id, lease))
            case _:
                self.tell(ContactHeld(contact_id, pick % 2 == 0))

    def may_connect(self, contact_id: str, agent: str) -> bool:
        """A worker never lies: an agent's station talks with one contact, a contact with one agent."""
        found = self.acd.agent(agent)
        busy = found and found.state in CONNECTED and found.assignment
        mine = self.acd.contact(contact_id)
        return not (busy and busy.contact_id != contact_id) and (mine is None or self.talks_with(mine) in ("", agent))

    def talks_with(self, contact: QueuedContact) -> str:
        holders = (self.acd.agent(name) for name in contact.holders)
        return next((found.name for found in holders if found and found.state in CONNECTED), "")

    @rule(pick=PICK)
    def hang_up(self, pick: int) -> None:
        if self.live:
            contact_id = list(self.live)[pick % len(self.live)]
            del self.live[contact_id]
            self.tell(ContactEnded(contact_id))

    @rule(pick=PICK, phase=st.sampled_from(["queued", "ringing", "talking"]), agent=AGENTS)
    def snapshot(self, pick: int, phase: str, agent: str) -> None:
        if not self.live:
            return
        contact_id = list(self.live)[pick % len(self.live)]
        if phase != "queued" and not self.may_connect(contact_id, agent):
            return
        queue, priority, queued_at = self.live[contact_id]
        who = ("", "") if phase == "queued" else (agent, f"s{pick}")
        seen = ContactSnapshot("w", "1", "2", phase, 0.0, queue, priority, queued_at, *who)
        self.tell(SnapshotReceived(contact_id, seen))

    @rule(pick=PICK, seconds=st.floats(0.1, 60.0))
    def postpone(self, pick: int, seconds: float) -> None:
        """A promised call whose customer did not answer."""
        if self.live:
            contact_id = list(self.live)[pick % len(self.live)]
            self.tell(ContactPostponed(contact_id, self.now + seconds))

    @rule(pick=PICK, agent=AGENTS)
    def prefer(self, pick: int, agent: str) -> None:
        if self.live:
            self.tell(AgentPreferred(list(self.live)[pick % len(self.live)], agent))

    @rule(agent=AGENTS)
    def wrap_up_longer(self, agent: str) -> None:
        self.tell(MoreWrapUp(agent))
        found = self.acd.agent(agent)
        assert found is not None
        if found.state is AgentState.WRAPUP and found.wrap_up_until is not None:
            assert found.wrap_up_until <= found.wrap_up_since + 180.0

    @rule(seconds=st.floats(0.1, 25.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.tell(Tick())

    @invariant()
    def nobody_has_two_and_nobody_is_lost(self) -> None:
        for contact_id in self.live:
            contact = self.acd.contact(contact_id)
            assert contact is not None
            places = (
                contact_id in self.acd.waiting(contact.queue),
                contact.rests_until is not None,
                contact.agent is not None,
            )
            assert sum(places) == 1, (contact_id, places)
            most = RUNG_AT_ONCE if contact.queue == "everyone" and not self.talks_with(contact) else 1
            assert len(contact.holders) <= most
            assert len(set(contact.holders)) == len(contact.holders)
            for name in contact.holders:
                agent = self.acd.agent(name)
                assert agent is not None
                assert agent.assignment is not None
                assert agent.assignment.contact_id == contact_id
        for agent in self.acd.agents:
            if agent.assignment is not None:
                assert agent.assignment.contact_id in self.live
                held = self.acd.contact(agent.assignment.contact_id)
                assert held is not None
                assert agent.name in held.holders

    @invariant()
    def nobody_waits_beside_an_idle_agent(self) -> None:
        for agent in self.acd.agents:
            if agent.state is AgentState.AVAILABLE:
                for queue in agent.queues:
                    assert [waiting for waiting in self.acd.waiting(queue) if not self.waits_for_one(waiting)] == []

    def waits_for_one(self, contact_id: str) -> bool:
        """Whether it still waits for the agent of last time, who is at work."""
        contact = self.acd.contact(contact_id)
        assert contact is not None
        found = self.acd.agent(contact.sticky)
        at_work = found is not None and found.working and contact.queue in found.queues
        return at_work and contact.queue == "support" and self.now < contact.queued_at + 15

    def teardown(self) -> None:
        """Every worker falls silent and every agent goes home: leases alone put it right."""
        for agent in ("anna", "bob", "carl", "dora"):
            self.tell(NotReady(agent, "break"))
        self.now += 18.1
        self.tell(Tick())
        states = {agent.state for agent in self.acd.agents}
        assert not states & {AgentState.RESERVED, AgentState.RINGING}
        self.now += 61
        self.tell(Tick())
        for contact_id in self.live:
            contact = self.acd.contact(contact_id)
            assert contact is not None
            assert contact.agent is not None or contact_id in self.acd.waiting(contact.queue)
        super().teardown()


TestFloor = Floor.TestCase
TestFloor.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
