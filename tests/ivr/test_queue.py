"""Lines and routing by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agents import Agent, AgentState, Served
from ivr.deadlines import Deadlines, LeaseEnds, RestEnds, WrapUpEnds
from ivr.placing import Demand, Place, place
from ivr.queue import Line, QueuedContact
from ivr.routing import POOLS_KEPT, Router
from ivr.settings import QueueSettings, Widening
from ivr.strategies import Strategy

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "discard", "head"]), st.sampled_from("abcdef"), st.integers(0, 5))
)


@given(STEPS)
def test_a_line_is_a_stable_sort_by_rank(steps: list[tuple[str, str, int]]) -> None:
    line: Line[str] = Line()
    model: dict[str, tuple[int, int]] = {}
    for number, (what, key, rank) in enumerate(steps):
        if what == "add":
            line.add(key, (rank,))
            model[key] = (rank, number)
        elif what == "discard":
            line.discard(key)
            model.pop(key, None)
        expected = sorted(model, key=lambda key: model[key])
        head = line.head()
        assert (head[1] if head else None) == (expected[0] if expected else None)
        assert list(line) == expected
        assert len(line) == len(expected)
        assert all(key in line for key in expected)


def test_a_place_is_the_number_ahead() -> None:
    line: Line[str] = Line()
    for number in range(10):
        line.add(f"c{number}", (number // 2,))
    assert [line.ahead_of((rank,)) for rank in (0, 1, 4, 9)] == [0, 2, 8, 10]


def agent(name: str, queues: tuple[str, ...], idle_since: float = 0.0, **more: Any) -> Agent:
    return Agent(name, queues, idle_since=idle_since, **more)


def test_the_best_match_over_queues() -> None:
    router = Router({})
    router.add_contact("young", Demand("a"), (20.0,))
    router.add_contact("old", Demand("b"), (10.0,))
    router.add_contact("vip", Demand("c"), (-970.0,))
    anna, bob = agent("anna", ("a", "b"), 100.0), agent("bob", ("b", "c"), 50.0)
    router.add_agent(anna)
    router.add_agent(bob)
    assert (router.contact_for(anna, 60.0), router.contact_for(bob, 60.0)) == ("old", "vip")
    assert (router.agent_for("young"), router.agent_for("old")) == ("anna", "bob")
    router.remove_agent("bob")
    router.remove_contact("old")
    assert (router.contact_for(anna, 60.0), router.agent_for("vip")) == ("young", None)
    router.add_contact("young", Demand("c"), (20.0,))
    assert (router.waiting("a"), router.waiting("c"), router.waiting("z")) == ((), ("vip", "young"), ())
    assert (router.length("c"), router.ahead_of("c", (20.0,)), router.idle_in("a")) == (2, 1, 1)
    assert router.contact_for(anna, 60.0) is None


def test_waiting_counts_as_the_agents_weight_for_the_queue_says() -> None:
    router = Router({})
    router.add_contact("long", Demand("a"), (0.0,))
    router.add_contact("short", Demand("b"), (60.0,))
    anna, bob = agent("anna", ("a", "b")), agent("bob", ("a", "b"), weights={"b": 3.0})
    assert (router.contact_for(anna, 100.0), router.contact_for(bob, 100.0)) == ("long", "short")
    assert router.contact_for(bob, 100.0, blocked={"b"}) == "long"


def test_skills_need_their_level() -> None:
    router = Router({})
    router.add_agent(agent("anna", ("a",), 1.0, skills={"spanish": 2}))
    router.add_agent(agent("bob", ("a",), 2.0, skills={"spanish": 4}))
    for level, best in ((2, "anna"), (3, "bob"), (5, None)):
        router.add_contact("c", Demand("a", frozenset({("spanish", level)})), (0.0,))
        assert router.agent_for("c") == best
    assert Demand("a").met_by({})


def test_a_personal_pool_is_gone_with_its_contact() -> None:
    router = Router({})
    anna = agent("anna", ("a",))
    router.add_agent(anna)
    router.add_agent(agent("bob", ("a",)))
    router.add_contact("c", Demand("a", agent="bob"), (0.0,))
    assert (router.agent_for("c"), router.contact_for(anna, 9.0), router.waiting("a")) == ("bob", None, ("c",))
    router.remove_contact("c")
    assert not router._pools
    assert not router._personal_in["a"]


def test_pools_do_not_grow_with_every_skill_ever_asked_for() -> None:
    router = Router({})
    for number in range(1000):
        router.add_contact("c", Demand("a", frozenset({(f"s{number}", 1)})), (0.0,))
        router.remove_contact("c")
    assert len(router._pools) <= POOLS_KEPT


@pytest.mark.parametrize(
    ("strategy", "best"),
    [
        (Strategy.LONGEST_IDLE, "idle"),
        (Strategy.LEAST_RECENT, "recent"),
        (Strategy.FEWEST_CALLS, "few"),
        (Strategy.LEAST_TALK, "quiet"),
        (Strategy.ROUND_ROBIN, "turn"),
        (Strategy.WEIGHTED, "heavy"),
    ],
)
def test_each_strategy_has_its_own_favourite(strategy: Strategy, best: str) -> None:
    agents = {
        "idle": (5.0, Served(9, 900.0, 50.0, 9)),
        "recent": (9.0, Served(9, 900.0, 40.0, 9)),
        "few": (9.0, Served(7, 900.0, 50.0, 9)),
        "quiet": (9.0, Served(9, 800.0, 50.0, 9)),
        "turn": (9.0, Served(9, 900.0, 50.0, 3)),
        "heavy": (9.0, Served(9, 900.0, 50.0, 9)),
    }
    router = Router({"a": QueueSettings(name="a", strategy=strategy)})
    for name, (idle_since, served) in agents.items():
        router.add_agent(
            agent(name, ("a",), idle_since, served={"a": served}, weights={"a": 2.0 if name == "heavy" else 1.0})
        )
    router.add_contact("c", Demand("a"), (0.0,))
    assert router.agent_for("c") == best


RULES = {
    "a": QueueSettings(
        name="a",
        skills={"bills": 5, "spanish": 2},
        widen=(Widening(after_s=30, lower=2), Widening(after_s=60, lower=4)),
        sticky_s=20,
        overflow_to="b",
        overflow_after_s=90,
    ),
    "b": QueueSettings(name="b", skills={"calm": 1}),
}


@pytest.mark.parametrize(
    ("waited", "demand", "until"),
    [
        (0.0, Demand("a", agent="anna"), 20.0),
        (20.0, Demand("a", frozenset({("bills", 5), ("spanish", 3)})), 30.0),
        (30.0, Demand("a", frozenset({("bills", 3), ("spanish", 1)})), 60.0),
        (60.0, Demand("a", frozenset({("bills", 1)})), 90.0),
        (90.0, Demand("b", frozenset({("calm", 1), ("spanish", 3)})), None),
    ],
)
def test_a_place_follows_from_how_long_one_has_waited(waited: float, demand: Demand, until: float | None) -> None:
    contact = QueuedContact("c", "a", 5, 1000.0, (("spanish", 3),), "anna")
    stands = place(contact, RULES, 1000.0 + waited, sticky_works=True)
    assert (stands.demand, stands.until) == (demand, None if until is None else 1000.0 + until)
    if waited == 0.0:
        assert place(contact, RULES, 1000.0, sticky_works=False).demand.agent == ""


def test_a_queue_nobody_described_asks_for_nothing() -> None:
    assert place(QueuedContact("c", "z", 5, 0.0), {}, 9.0, sticky_works=True) == Place(Demand("z"), None)


def test_deadlines_come_in_order_with_those_set_meanwhile() -> None:
    deadlines = Deadlines()
    assert deadlines.next is None
    lease = LeaseEnds("anna", AgentState.RESERVED, "l1")
    for when, what in ((7.0, WrapUpEnds("late")), (5.0, lease), (5.0, RestEnds("c1"))):
        deadlines.set(when, what)
    seen = []
    for due in deadlines.due(6.0):
        seen.append(due)
        if due is lease:
            deadlines.set(5.5, RestEnds("c2"))
    assert seen == [lease, RestEnds("c1"), RestEnds("c2")]
    assert deadlines.next == 7.0
