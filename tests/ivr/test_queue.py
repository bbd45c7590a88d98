"""Lines and routing by themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.agents import AgentState
from ivr.deadlines import Deadlines, LeaseEnds, RestEnds, WrapUpEnds
from ivr.queue import Line
from ivr.routing import LongestIdle

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


def test_a_line_does_not_grow_with_those_who_left() -> None:
    line: Line[str] = Line()
    for number in range(10_000):
        line.add(f"c{number}", (number,))
        line.discard(f"c{number}")
    assert len(line._heap) <= 32


def test_the_best_match_over_queues() -> None:
    router = LongestIdle()
    router.add_contact("young", "a", (-5, 20.0))
    router.add_contact("old", "b", (-5, 10.0))
    router.add_contact("vip", "c", (-9, 30.0))
    router.add_agent("anna", ("a", "b"), 100.0)
    router.add_agent("bob", ("b", "c"), 50.0)
    assert (router.contact_for("anna"), router.contact_for("bob")) == ("old", "vip")
    assert (router.agent_for("young"), router.agent_for("old")) == ("anna", "bob")
    router.remove_agent("bob")
    router.remove_contact("old")
    assert (router.contact_for("anna"), router.agent_for("vip")) == ("young", None)
    router.add_contact("young", "c", (-5, 20.0))
    assert (router.waiting("a"), router.waiting("c"), router.waiting("z")) == ((), ("vip", "young"), ())
    assert router.contact_for("anna") is None


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
