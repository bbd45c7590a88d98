"""Scorecards of an agent: means, weeks, the coaching plan."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from assist.content import load_content
from assist.quality.agents import Average, of_agent, of_agents
from assist.quality.principles import Mark, Moment, Principle, Score, Scorecard
from assist.quality.spec import load_scorecard
from tests.quality.logs import DAY, MONDAY

SPEC = load_scorecard(load_content())
UTC = ZoneInfo("UTC")


def moment(contact: str, off: float, at_s: float = 1.0) -> Moment:
    return Moment(contact, Principle.CLARITY, "jargon", at_s, "words", "the dslam", "u1", off)


def card(
    contact: str, day: float, values: dict[Principle, float], moments: tuple[Moment, ...] = (), agent: str = "anna"
) -> Scorecard:
    scores = tuple(
        Score(
            p, values.get(p), (Mark("x", values[p], moments if p is Principle.CLARITY else ()),) if p in values else ()
        )
        for p in Principle
    )
    return Scorecard(contact, agent, "billing", MONDAY + day * DAY, "v1", scores)


def test_means_count_only_contacts_in_which_a_principle_was_judged() -> None:
    cards = [
        card("c1", 0, {Principle.CLARITY: 50.0, Principle.EMPATHY: 100.0}),
        card("c2", 1, {Principle.CLARITY: 100.0}),
        card("c3", 1, {Principle.CLARITY: 0.0}, agent="ben"),
    ]
    found = of_agent("anna", cards, SPEC, UTC)

    assert found.contacts == 2
    assert found.averages[Principle.CLARITY] == Average(75.0, 2)
    assert found.averages[Principle.EMPATHY] == Average(100.0, 1)
    assert found.averages[Principle.PATIENCE] == Average(None, 0)
    assert found.overall == pytest.approx(87.5)  # of 75 and 100
    assert [each.agent for each in of_agents(cards, SPEC, UTC)] == ["anna", "ben"]


def test_the_trend_is_by_week_of_the_zone() -> None:
    sunday_night = 6.65  # Sunday 23:36 UTC, which is Monday in Berlin
    cards = [card("c1", 0, {Principle.CLARITY: 40.0}), card("c2", sunday_night, {Principle.CLARITY: 80.0})]

    (one,) = of_agent("anna", cards, SPEC, UTC).weeks
    first, second = of_agent("anna", cards, SPEC, ZoneInfo("Europe/Berlin")).weeks
    assert (one.monday, one.averages[Principle.CLARITY]) == (date(2026, 1, 5), Average(60.0, 2))
    assert (first.overall, second.overall) == (40.0, 80.0)
    assert (first.monday, second.monday) == (date(2026, 1, 5), date(2026, 1, 12))


def test_the_plan_takes_the_weakest_principle_that_was_judged_often_enough() -> None:
    cards = [card(f"c{n}", n, {Principle.CLARITY: 70.0, Principle.LISTENING: 90.0}) for n in range(3)]
    cards.append(card("c9", 4, {Principle.EMPATHY: 0.0}))
    plan = of_agent("anna", cards, SPEC, UTC).plan

    assert plan is not None
    assert plan.principle is Principle.CLARITY
    assert plan.exercise == SPEC.principles[Principle.CLARITY].exercise


def test_the_plan_shows_what_cost_most_from_different_contacts_first() -> None:
    moments = {
        "c1": (moment("c1", 25.0, 1.0), moment("c1", 50.0, 2.0)),
        "c2": (moment("c2", 50.0, 3.0), moment("c2", 50.0, 4.0)),
        "c3": (moment("c3", 10.0, 5.0),),
    }
    cards = [card(name, n, {Principle.CLARITY: 50.0}, each) for n, (name, each) in enumerate(moments.items())]
    plan = of_agent("anna", cards, SPEC, UTC).plan

    assert plan is not None
    assert [(each.contact_id, each.off) for each in plan.moments] == [("c2", 50.0), ("c1", 50.0), ("c3", 10.0)]


def test_nothing_wanting_no_plan() -> None:
    assert of_agent("anna", [card("c1", 0, {Principle.CLARITY: 100.0})], SPEC, UTC).plan is None
    assert of_agent("anna", [], SPEC, UTC).plan is None
