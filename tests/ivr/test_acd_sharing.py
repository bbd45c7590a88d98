"""Consulting, transfers and lost stations, as the ACD sees them."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.acd import Acd, AcdTimes
from ivr.acd_messages import (
    AcdInput,
    AgentConsulted,
    AgentLoggedIn,
    AgentRequested,
    ConsultAnswered,
    ConsultBegan,
    ConsultOver,
    ContactAnswered,
    ContactEnded,
    ContactGiven,
    ContactHeld,
    ContactQueuedIn,
    ContactUnreachable,
    OfferContact,
    SnapshotReceived,
    StationDown,
    StationLost,
    StationUp,
    Tick,
)
from ivr.agents import AgentState
from ivr.contacts import ContactSnapshot
from ivr.settings import QueueSettings
from tests.ivr.test_acd_queues import Floor


class Talking(Floor):
    """Anna talks about c1; Ben is free. Both serve queue a."""

    def __init__(self, wrap_up_s: float = 0.0) -> None:
        super().__init__(QueueSettings(name="a"), QueueSettings(name="b"))
        self.acd = Acd(AcdTimes(wrap_up_s=wrap_up_s), self.lease, {})
        self.leases = 0
        self.agent("anna", "a")
        assert self.call("c1") == [("c1", "anna")]
        self.tell(ContactAnswered("c1", "anna", "l1"))
        self.agent("ben", "a")

    def lease(self) -> str:
        self.leases += 1
        return f"l{self.leases}"

    def state(self, name: str) -> AgentState:
        agent = self.acd.agent(name)
        assert agent is not None
        return agent.state


def test_a_consulted_agent_is_offered_nothing_until_it_is_over() -> None:
    floor = Talking()
    floor.tell(AgentConsulted("c1", "ben"), ConsultBegan("c1", "ben"), ContactHeld("c1", True))
    assert (floor.state("anna"), floor.state("ben")) == (AgentState.CONSULT, AgentState.CONSULT)
    floor.tell(ConsultAnswered("c1", "ben"))
    assert floor.call("c2") == []
    floor.wait(600)
    assert floor.state("ben") is AgentState.CONSULT, "a long consultation"
    floor.tell(ContactHeld("c1", False))
    assert floor.state("anna") is AgentState.TALKING, "to the customer, while Ben waits"
    floor.tell(ContactHeld("c1", True))
    assert floor.offers(ConsultOver("c1", "ben")) == [("c2", "ben")]
    assert floor.state("anna") is AgentState.HOLD


def test_a_consultation_nobody_confirms_lapses() -> None:
    floor = Talking()
    floor.tell(AgentConsulted("c1", "ben"))
    assert floor.call("c2") == []
    assert [e.agent for e in floor.wait(36) if isinstance(e, OfferContact)] == ["ben"]


def test_the_end_of_a_contact_frees_who_was_consulted() -> None:
    floor = Talking()
    floor.tell(ConsultBegan("c1", "ben"), ConsultAnswered("c1", "ben"))
    floor.tell(ContactEnded("c1"))
    assert (floor.state("anna"), floor.state("ben")) == (AgentState.AVAILABLE, AgentState.AVAILABLE)


def test_a_warm_transfer_moves_the_contact_and_wraps_the_giver_up() -> None:
    floor = Talking(wrap_up_s=10.0)
    floor.tell(ConsultBegan("c1", "ben"), ConsultAnswered("c1", "ben"))
    floor.tell(ContactGiven("c1", "ben", "lease-b", done=True))
    assert (floor.state("anna"), floor.state("ben")) == (AgentState.WRAPUP, AgentState.TALKING)
    floor.tell(ContactEnded("c1"))
    assert floor.state("ben") is AgentState.WRAPUP


def test_a_blind_transfer_rings_the_colleague_and_comes_back_to_the_giver_first() -> None:
    floor = Talking(wrap_up_s=5.0)
    floor.agent("eve", "a")
    floor.tell(ContactGiven("c1", "ben", "lease-b", done=False))
    assert (floor.state("anna"), floor.state("ben")) == (AgentState.WRAPUP, AgentState.CONSULT)
    back = ContactQueuedIn("c1", "a", 9, 1000.0, turn=1, preferred="anna")
    assert floor.offers(ConsultOver("c1", "ben"), back) == [], "Eve is free, but Anna knows it"
    assert [e.agent for e in floor.wait(6) if isinstance(e, OfferContact)] == ["anna"]


def test_a_contact_that_came_back_is_anybodys_after_a_while() -> None:
    floor = Talking(wrap_up_s=300.0)
    floor.tell(ContactGiven("c1", "", "", done=False))
    assert floor.offers(ContactQueuedIn("c1", "a", 9, 1000.0, turn=1, preferred="anna")) == []
    assert [e.agent for e in floor.wait(31) if isinstance(e, OfferContact)] == ["ben"]


def test_queued_again_in_the_same_queue_is_no_repetition() -> None:
    floor = Talking()
    floor.tell(ContactGiven("c1", "", "", done=False))
    again = ContactQueuedIn("c1", "a", 5, 1000.0, turn=1)
    (offer,) = floor.offers(again)
    assert offer[0] == "c1"
    assert floor.offers(again) == []


def test_a_lost_station_takes_its_agent_out_of_service() -> None:
    floor = Talking()
    floor.tell(StationLost("c1", "anna"))
    assert floor.state("anna") is AgentState.NOT_RESPONDING
    assert floor.offers(ContactQueuedIn("c1", "a", 9, 1000.0, turn=1)) == [("c1", "ben")]


def test_an_agent_whose_lost_station_is_back_is_available_without_a_word() -> None:
    floor = Talking()
    floor.tell(StationLost("c1", "anna"), StationDown("anna"))
    assert floor.state("anna") is AgentState.NOT_RESPONDING
    floor.tell(StationUp("anna"))
    assert floor.state("anna") is AgentState.AVAILABLE


def test_who_did_not_answer_is_not_woken_by_her_station() -> None:
    floor = Talking()
    assert floor.call("c2") == [("c2", "ben")]
    floor.tell(ContactUnreachable("c2", "ben", "l2", "no answer"), StationDown("ben"))
    floor.tell(StationUp("ben"))
    assert floor.state("ben") is AgentState.NOT_RESPONDING


def test_a_station_that_was_back_before_its_end_was_noticed_works() -> None:
    floor = Talking()
    floor.tell(StationDown("anna"))
    floor.wait(3.0)
    floor.tell(StationUp("anna"))
    floor.wait(1.5)
    floor.tell(StationLost("c1", "anna", silent_s=4.5))
    assert floor.state("anna") is AgentState.AVAILABLE


def test_a_flow_may_want_one_agent_who_is_free() -> None:
    floor = Talking()
    assert floor.offers(AgentRequested("c2", "anna")) == [], "she talks"
    assert floor.offers(AgentRequested("c2", "nobody")) == []
    assert floor.offers(AgentRequested("c2", "ben")) == [("c2", "ben")]
    floor.tell(ContactUnreachable("c2", "ben", "l2", "busy"))
    assert floor.acd.contact("c2") is None, "it waits in no queue"


def test_a_floor_that_starts_learns_who_is_consulted() -> None:
    floor = Talking()
    seen = ContactSnapshot(
        "w1", "", "", "talking", 0.0, "a", 5, 1000.0, "anna", "l1", 1.0, talk="consult", consulted="ben"
    )
    floor.tell(SnapshotReceived("c1", seen))
    assert (floor.state("anna"), floor.state("ben")) == (AgentState.CONSULT, AgentState.CONSULT)


NAMES = ("anna", "ben", "eve")


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9))
def test_whatever_is_shared_nobody_has_two_and_nobody_waits_beside_an_idle_agent(seed: int) -> None:
    chance, acd, now = random.Random(seed), Acd(AcdTimes(wrap_up_s=3.0)), 1000.0
    for name in NAMES:
        acd.handle(AgentLoggedIn(name, ("a",), True), now)
        acd.handle(StationUp(name), now)
    turns = dict.fromkeys(("c1", "c2", "c3", "c4"), 0)
    for _ in range(60):
        now += chance.choice((0.0, 0.5, 4.0, 40.0))
        acd.handle(_something(chance, acd, turns, now), now)
        free = [agent.name for agent in acd.agents if agent.state is AgentState.AVAILABLE]
        alone = [c for c in acd.waiting("a") if not (known := acd.contact(c)) or not known.preferred]
        assert not (free and alone), (seed, free, alone)
        for agent in acd.agents:
            held = agent.assignment
            if held is not None:
                contact = acd.contact(held.contact_id)
                assert contact is not None, seed
                assert agent.name in contact.holders, seed
    now += 1000.0
    acd.handle(Tick(), now)
    assert not any(agent.consulted and agent.consulted_until is not None for agent in acd.agents), seed


def _something(chance: random.Random, acd: Acd, turns: dict[str, int], now: float) -> AcdInput:
    contact, agent = chance.choice(list(turns)), chance.choice(NAMES)
    known = acd.contact(contact)
    has = known.agent if known is not None and known.agent else agent
    match chance.randrange(9):
        case 0 | 1:
            turns[contact] += 1
            return ContactQueuedIn(contact, "a", 5, now, turn=turns[contact], preferred=chance.choice(("", agent)))
        case 2:
            return ContactAnswered(contact, has, "l")
        case 3:
            return ConsultBegan(contact, agent)
        case 4:
            return ConsultOver(contact, agent)
        case 5:
            return ContactGiven(contact, chance.choice(("", agent)), "l", done=chance.random() < 0.5)
        case 6:
            return StationLost(contact, has)
        case 7:
            return AgentRequested(contact, agent)
        case _:
            return ContactHeld(contact, chance.random() < 0.5)
