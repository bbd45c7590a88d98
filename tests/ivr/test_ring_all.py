"""Ring-all, postponed promises, agents found late, wrap-up that is asked for: as the floor meets them."""

from __future__ import annotations

from ivr.acd import Acd, AcdTimes
from ivr.acd_messages import (
    AgentChanged,
    AgentLoggedIn,
    AgentPreferred,
    ContactAnswered,
    ContactEnded,
    ContactPostponed,
    ContactRinging,
    ContactUnreachable,
    MoreWrapUp,
    OfferContact,
    OfferFailed,
    StationUp,
    Tick,
)
from ivr.agents import AgentState
from ivr.settings import QueueSettings
from ivr.strategies import Strategy
from tests.ivr.test_acd_queues import Floor, offers

ALL = QueueSettings(name="a", strategy=Strategy.RING_ALL)


def states(floor: Floor) -> dict[str, AgentState]:
    return {agent.name: agent.state for agent in floor.acd.agents}


def ringing() -> tuple[Floor, list[OfferContact]]:
    floor = Floor(ALL)
    for name in ("anna", "bob", "carl", "dora"):
        floor.agent(name, "a")
        floor.now += 1
    assert floor.call("c1") == [("c1", "anna"), ("c1", "bob"), ("c1", "carl")], "those idle longest"
    made = [effect for effect in floor.effects if isinstance(effect, OfferContact)]
    for offer in made:
        floor.tell(ContactRinging("c1", offer.agent, offer.lease_id))
    return floor, made


def test_the_first_to_answer_has_it_and_the_others_are_free_at_once() -> None:
    floor, (first, second, _) = ringing()
    floor.tell(ContactAnswered("c1", "bob", second.lease_id))
    assert states(floor) == {
        "anna": AgentState.AVAILABLE, "bob": AgentState.TALKING,
        "carl": AgentState.AVAILABLE, "dora": AgentState.AVAILABLE,
    }  # fmt: skip
    assert floor.tell(ContactUnreachable("c1", "anna", first.lease_id, "cancelled")) == [], "hung up by the worker"
    assert floor.call("c2") == [("c2", "anna"), ("c2", "carl"), ("c2", "dora")]


def test_it_waits_again_only_when_the_last_has_not_answered() -> None:
    floor, made = ringing()
    for offer in made[:2]:
        assert floor.offers(ContactUnreachable("c1", offer.agent, offer.lease_id, "busy")) == []
    assert floor.acd.waiting("a") == ()
    assert floor.offers(ContactUnreachable("c1", made[2].agent, made[2].lease_id, "busy")) == [("c1", "dora")]
    assert [states(floor)[offer.agent] for offer in made] == [AgentState.NOT_RESPONDING] * 3


def test_a_worker_that_rings_one_at_a_time_refuses_the_others() -> None:
    floor, made = ringing()
    for offer in made[1:]:
        floor.tell(OfferFailed("c1", offer.lease_id))
    assert states(floor)["anna"] is AgentState.RINGING
    assert states(floor)["bob"] is states(floor)["carl"] is AgentState.AVAILABLE


def test_leases_free_all_who_were_rung() -> None:
    floor, _ = ringing()
    floor.tell(ContactEnded("c1"))
    assert set(states(floor).values()) == {AgentState.AVAILABLE}
    floor, _ = ringing()
    floor.now += 18.1
    assert floor.offers(Tick()) == [("c1", "anna"), ("c1", "bob"), ("c1", "carl")], "its worker fell silent"


def talking(floor: Floor, contact_id: str) -> None:
    """The contact's last offer is answered."""
    offer = [each for each in floor.effects if isinstance(each, OfferContact) and each.contact_id == contact_id][-1]
    floor.tell(ContactAnswered(contact_id, offer.agent, offer.lease_id))


def test_a_promise_whose_customer_did_not_answer_keeps_its_place_and_costs_no_wrap_up() -> None:
    floor = Floor(QueueSettings(name="a"))
    floor.acd = Acd(AcdTimes(wrap_up_s=10.0))
    floor.agent("anna", "a")
    floor.call("promise")
    talking(floor, "promise")
    floor.tell(ContactPostponed("promise", floor.now + 600))
    assert states(floor) == {"anna": AgentState.AVAILABLE}
    floor.now += 30
    assert floor.call("later") == [("later", "anna")]
    talking(floor, "later")
    floor.wait(600)
    assert floor.acd.waiting("a") == ("promise",)
    assert floor.call("last") == []
    assert floor.acd.waiting("a") == ("promise", "last")


def test_an_agent_of_last_time_found_late_is_waited_for() -> None:
    floor = Floor(QueueSettings(name="a", sticky_s=20))
    floor.tell(AgentLoggedIn("anna", ("a",), False))
    floor.call("c1")
    floor.tell(AgentPreferred("c1", "anna"))
    assert floor.agent("bob", "a") == [("c1", "bob")], "anna does not work: nobody is waited for"
    talking(floor, "c1")
    floor.agent("anna", "a")
    assert floor.call("c2") == [("c2", "anna")]
    talking(floor, "c2")
    floor.call("c3")
    floor.tell(AgentPreferred("c3", "anna"))
    assert floor.offers(ContactEnded("c1")) == [], "bob is free, but c3 waits for anna"
    assert offers(floor.wait(20)) == [("c3", "bob")]


def test_wrap_up_is_extended_up_to_its_limit_and_survives_a_restart() -> None:
    floor = Floor()
    floor.acd = Acd(AcdTimes(wrap_up_s=10.0, wrap_up_more_s=30.0, wrap_up_limit_s=60.0))
    floor.agent("anna", "a")
    assert floor.tell(MoreWrapUp("anna")) == [], "there is none"
    floor.call("c1")
    talking(floor, "c1")
    ended = floor.now
    floor.tell(ContactEnded("c1"))
    for until in (40.0, 60.0):
        changed = floor.tell(MoreWrapUp("anna"))
        assert changed == [AgentChanged("anna", AgentState.WRAPUP, "", ended, ended + until)]
    assert floor.tell(MoreWrapUp("anna")) == []
    floor.wait(59)
    assert states(floor) == {"anna": AgentState.WRAPUP}
    floor.acd = Acd(AcdTimes(wrap_up_s=10.0, wrap_up_more_s=30.0, wrap_up_limit_s=60.0))
    floor.tell(AgentLoggedIn("anna", ("a",), True, wrap_up=(ended, ended + 60.0)), StationUp("anna"))
    assert states(floor) == {"anna": AgentState.WRAPUP}
    assert floor.tell(MoreWrapUp("anna")) == [], "the limit counts from the end of the talk"
    floor.wait(2)
    assert states(floor) == {"anna": AgentState.AVAILABLE}
