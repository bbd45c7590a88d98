"""The ACD, event by event: who gets whom, what a lost message costs, what a restarted floor makes of snapshots."""

from __future__ import annotations

import itertools

import pytest

from ivr import contacts
from ivr.acd import Acd, AcdTimes
from ivr.acd_events import from_event
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
)
from ivr.agents import AgentState
from voice.events import LegRinging, WorkerLost


class Floor:
    """An ACD with its own time and predictable lease names."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.acd = Acd(AcdTimes(), lambda: f"lease{next(numbers)}")
        self.now = 1000.0

    def tell(self, *inputs: AcdInput) -> list[AcdEffect]:
        return [effect for given in inputs for effect in self.acd.handle(given, self.now)]

    def offers(self, *inputs: AcdInput) -> list[tuple[str, str, str]]:
        effects = self.tell(*inputs)
        return [(e.contact_id, e.agent, e.lease_id) for e in effects if isinstance(e, OfferContact)]

    def wait(self, seconds: float) -> list[AcdEffect]:
        """Let time pass, ticking when the ACD wants it."""
        end = self.now + seconds
        effects: list[AcdEffect] = []
        while (due := self.acd.next_deadline) is not None and due <= end:
            self.now = max(self.now, due)
            effects += self.tell(Tick())
        self.now = end
        return effects

    def state(self, agent: str) -> AgentState:
        found = self.acd.agent(agent)
        assert found is not None
        return found.state

    def available(self, agent: str, *queues: str) -> None:
        self.tell(AgentLoggedIn(agent, queues), StationUp(agent), Ready(agent))

    def queued(self, contact: str, queue: str = "billing", priority: int = 5) -> list[tuple[str, str, str]]:
        return self.offers(ContactQueuedIn(contact, queue, priority, self.now))

    def talking(self, contact: str, agent: str, lease: str) -> None:
        self.tell(ContactRinging(contact, agent, lease), ContactAnswered(contact, agent, lease))


@pytest.fixture
def floor() -> Floor:
    return Floor()


def snapshot(
    phase: str, *, agent: str = "", lease: str = "", queued_at: float = 900.0, queue: str = "billing"
) -> contacts.ContactSnapshot:
    return contacts.ContactSnapshot("w", "1", "2", phase, 890.0, queue, 5, queued_at, agent, lease)


def test_a_contact_goes_through_reservation_ringing_talk_and_wrap_up(floor: Floor) -> None:
    floor.available("anna", "billing")
    assert floor.tell(ContactQueuedIn("c1", "billing", 5, 1000.0)) == [
        OfferContact("c1", "anna", "lease1", 15.0),
        AgentChanged("anna", AgentState.RESERVED, "", 1000.0),
    ]
    assert floor.tell(ContactRinging("c1", "anna", "lease1")) == [AgentChanged("anna", AgentState.RINGING, "", 1000.0)]
    floor.wait(4)
    assert floor.tell(ContactAnswered("c1", "anna", "lease1")) == [AgentChanged("anna", AgentState.TALKING, "", 1004.0)]
    assert floor.tell(ContactHeld("c1", True)) == [AgentChanged("anna", AgentState.HOLD, "", 1004.0)]
    floor.tell(ContactHeld("c1", False))
    assert floor.wait(600) == []
    assert floor.tell(ContactEnded("c1")) == [AgentChanged("anna", AgentState.WRAPUP, "", 1604.0, until=1614.0)]
    assert floor.wait(60) == [AgentChanged("anna", AgentState.AVAILABLE, "", 1614.0)]
    assert floor.acd.contact("c1") is None


def test_who_is_idle_longest_is_served_first_and_only_in_own_queues(floor: Floor) -> None:
    for agent, queues in (("support", ("support",)), ("old", ("billing",)), ("new", ("billing", "support"))):
        floor.available(agent, *queues)
        floor.wait(1)
    assert [floor.queued(f"c{n}")[0][1] for n in range(2)] == ["old", "new"]
    assert floor.queued("c2") == []
    assert floor.acd.waiting("billing") == ("c2",)


def test_priority_first_then_who_queued_first(floor: Floor) -> None:
    for contact, priority in (("low", 1), ("first", 5), ("second", 5), ("vip", 9)):
        floor.queued(contact, priority=priority)
        floor.wait(1)
    order = []
    for agent in ("a", "b", "c", "d"):
        floor.tell(AgentLoggedIn(agent, ("billing",)), StationUp(agent))
        order += [contact for contact, _, _ in floor.offers(Ready(agent))]
    assert order == ["vip", "first", "second", "low"]


def test_an_agent_takes_the_longest_waiting_over_all_queues(floor: Floor) -> None:
    floor.queued("b", "billing")
    floor.wait(1)
    floor.queued("s", "support")
    assert floor.offers(AgentLoggedIn("anna", ("support", "billing"), ready=True), StationUp("anna"))[0][0] == "b"


def test_no_answer_makes_the_agent_not_responding_and_the_next_one_rings(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.wait(1)
    floor.available("bob", "billing")
    floor.queued("c1")
    floor.tell(ContactRinging("c1", "anna", "lease1"))
    effects = floor.tell(ContactUnreachable("c1", "anna", "lease1", "no answer"))
    assert OfferContact("c1", "bob", "lease2", 15.0) in effects
    assert AgentChanged("anna", AgentState.NOT_RESPONDING, "no answer", 1001.0) in effects
    floor.tell(Ready("anna"))
    assert floor.state("anna") is AgentState.AVAILABLE


def test_who_was_not_answered_keeps_the_place_in_the_line(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("first")
    floor.wait(1)
    floor.queued("second")
    floor.tell(ContactUnreachable("first", "anna", "lease1", "busy"))
    assert floor.acd.waiting("billing") == ("first", "second")


def test_an_abandoned_contact_frees_its_agent_at_once_without_wrap_up(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.tell(ContactRinging("c1", "anna", "lease1"))
    assert floor.tell(ContactEnded("c1")) == [AgentChanged("anna", AgentState.AVAILABLE, "", 1000.0)]


def test_a_reservation_nobody_acts_on_expires_and_is_tried_again_then_rests(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("dead")
    floor.wait(0.5)
    floor.queued("alive")
    first = [effect for effect in floor.wait(5) if isinstance(effect, OfferContact)]
    assert [offer.contact_id for offer in first] == ["dead"], "the first miss may be a lost message"
    second = [effect for effect in floor.wait(5) if isinstance(effect, OfferContact)]
    assert [offer.contact_id for offer in second] == ["alive"], "a dead worker must not hold up the queue"
    floor.tell(ContactUnreachable("alive", "anna", second[0].lease_id, "busy"))
    floor.available("bob", "billing")
    floor.wait(60)
    tried = floor.acd.contact("dead")
    assert tried is not None
    assert tried.misses >= 3, "it is not forgotten either"


def test_a_refused_offer_frees_the_agent_who_keeps_the_idle_time(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.wait(10)
    floor.available("bob", "billing")
    floor.queued("c1")
    floor.tell(ContactEnded("c1"))
    assert floor.queued("c2")[0][1] == "anna"
    assert floor.offers(OfferFailed("c2", "lease2"))[0][:2] == ("c2", "anna")


def test_ringing_expires_ring_time_plus_three_seconds(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.tell(ContactRinging("c1", "anna", "lease1"), NotReady("anna", "break"))
    floor.wait(17.9)
    assert floor.state("anna") is AgentState.RINGING
    floor.wait(0.2)
    assert floor.state("anna") is AgentState.NOT_READY
    assert floor.acd.waiting("billing") == ("c1",)


def test_an_answer_after_the_lease_ran_out_is_still_a_fact(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.tell(ContactRinging("c1", "anna", "lease1"))
    floor.wait(18)
    floor.queued("c2")
    offered = [a.assignment.contact_id for a in floor.acd.agents if a.assignment]
    assert offered == ["c1"], "offered again"
    floor.tell(ContactEnded("c1"))
    assert floor.state("anna") is AgentState.RESERVED, "for c2"
    floor.tell(ContactQueuedIn("c3", "billing", 5, 1001.0), ContactAnswered("c3", "anna", "lease1"))
    assert floor.state("anna") is AgentState.TALKING
    assert floor.acd.waiting("billing") == ("c2",), "whom the plan had given to anna waits again"


def test_stale_and_repeated_messages_change_nothing(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.talking("c1", "anna", "lease1")
    assert floor.tell(
        ContactQueuedIn("c1", "billing", 5, 1000.0),
        ContactRinging("c1", "anna", "lease1"),
        ContactUnreachable("c1", "anna", "lease0", "late"),
        OfferFailed("c1", "lease1"),
        ContactRinging("unknown", "anna", "lease9"),
        ContactAnswered("unknown", "anna", "lease9"),
        ContactEnded("unknown"),
        Tick(),
    ) == []  # fmt: skip
    floor.tell(ContactEnded("c1"))
    assert floor.tell(ContactEnded("c1"), SnapshotReceived("c1", snapshot("queued"))) == []
    assert floor.acd.waiting("billing") == ()


def test_not_ready_while_talking_counts_after_wrap_up(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.talking("c1", "anna", "lease1")
    floor.tell(NotReady("anna", "meal"))
    assert floor.state("anna") is AgentState.TALKING
    floor.tell(ContactEnded("c1"))
    assert floor.state("anna") is AgentState.WRAPUP
    assert floor.wait(10) == [AgentChanged("anna", AgentState.NOT_READY, "meal", 1010.0)]


def test_ready_ends_wrap_up_early_and_takes_the_next(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.talking("c1", "anna", "lease1")
    floor.queued("c2")
    floor.tell(ContactEnded("c1"))
    assert [offer[0] for offer in floor.offers(Ready("anna"))] == ["c2"]


def test_without_a_station_nobody_is_available(floor: Floor) -> None:
    floor.available("anna", "billing")
    assert floor.tell(StationDown("anna")) == [AgentChanged("anna", AgentState.NOT_READY, "system", 1000.0)]
    assert floor.queued("c1") == []
    assert floor.offers(StationUp("anna")) == [("c1", "anna", "lease1")]


def test_who_logs_out_while_talking_is_offline_afterwards(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.talking("c1", "anna", "lease1")
    assert floor.tell(AgentLoggedOut("anna")) == []
    assert floor.tell(ContactEnded("c1")) == [AgentChanged("anna", AgentState.OFFLINE, "", 1000.0)]


def test_new_queues_of_an_agent_hold_at_once(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("s", "support")
    assert floor.offers(AgentLoggedIn("anna", ("support",), ready=True)) == [("s", "anna", "lease1")]


def test_a_restarted_floor_learns_everything_from_snapshots(floor: Floor) -> None:
    floor.tell(
        SnapshotReceived("flow", snapshot("flow", queue="", queued_at=0)),
        SnapshotReceived("late", snapshot("queued", queued_at=950)),
        SnapshotReceived("early", snapshot("queued", queued_at=940)),
        SnapshotReceived("talk", snapshot("talking", agent="anna", lease="old1")),
        SnapshotReceived("ring", snapshot("ringing", agent="bob", lease="old2")),
    )
    assert floor.state("anna") is AgentState.TALKING
    assert floor.state("bob") is AgentState.RINGING
    assert floor.acd.waiting("billing") == ("early", "late")
    floor.tell(AgentLoggedIn("anna", ("billing",), ready=True), StationUp("anna"))
    assert floor.state("anna") is AgentState.TALKING
    floor.tell(ContactAnswered("ring", "bob", "old2"))
    assert floor.state("bob") is AgentState.TALKING
    floor.tell(ContactEnded("talk"))
    offers = [effect.contact_id for effect in floor.wait(10) if isinstance(effect, OfferContact)]
    assert offers == ["early"]


def test_snapshots_correct_what_got_lost(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    floor.tell(ContactRinging("c1", "anna", "lease1"))
    floor.tell(NotReady("anna", "break"), SnapshotReceived("c1", snapshot("queued", queued_at=1000.0)))
    assert floor.state("anna") is AgentState.NOT_READY
    assert floor.acd.waiting("billing") == ("c1",)
    floor.tell(SnapshotReceived("c1", snapshot("flow")))
    assert floor.acd.contact("c1") is None


def test_a_snapshot_written_before_the_offer_arrived_does_not_undo_it(floor: Floor) -> None:
    floor.available("anna", "billing")
    floor.queued("c1")
    assert floor.tell(SnapshotReceived("c1", snapshot("queued", queued_at=1000.0))) == []
    assert floor.state("anna") is AgentState.RESERVED


def test_a_contact_in_a_second_queue_leaves_the_first(floor: Floor) -> None:
    floor.queued("c1", "billing")
    floor.wait(1)
    floor.queued("c1", "support")
    assert (floor.acd.waiting("billing"), floor.acd.waiting("support")) == ((), ("c1",))


def test_events_become_inputs() -> None:
    assert from_event("c", contacts.ContactQueued("billing", 5, 7.0)) == ContactQueuedIn("c", "billing", 5, 7.0)
    assert from_event("c", contacts.AgentOffered("anna", "l")) == ContactRinging("c", "anna", "l")
    assert from_event("c", contacts.ContactAnswered("anna", "l", 3.0)) == ContactAnswered("c", "anna", "l")
    assert from_event("c", contacts.AgentUnreachable("anna", "l", 408, "no")) == ContactUnreachable(
        "c", "anna", "l", "no"
    )
    assert from_event("c", contacts.ContactEnded("completed", "caller", 1.0, 1.0)) == ContactEnded("c")
    assert from_event("c", WorkerLost("w", "killed")) == ContactEnded("c")
    assert from_event("c", snapshot("queued")) == SnapshotReceived("c", snapshot("queued"))
    assert from_event("c", LegRinging("l", "agent", "a")) is None
