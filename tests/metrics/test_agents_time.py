"""Spans of states, occupancy, adherence."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from assist.metrics.agents_time import (
    Shift,
    Span,
    adherence,
    adherence_by_interval,
    occupancy,
    spans,
    time_by_interval,
    time_in_states,
    utilisation,
)
from assist.metrics.totals import Totals
from ivr.agents import AgentState as S
from ivr.contacts import AgentStateChanged


def change(at: float, state: S, reason: str = "", agent: str = "anna") -> AgentStateChanged:
    return AgentStateChanged(agent, state, reason, at)


def test_spans_follow_the_changes_and_the_last_is_still_open() -> None:
    found = spans([change(0, S.AVAILABLE), change(10, S.TALKING), change(40, S.WRAPUP)], until=50)
    assert [(span.state, span.seconds) for span in found] == [(S.AVAILABLE, 10), (S.TALKING, 30), (S.WRAPUP, 10)]


def test_a_state_said_twice_is_one_span_and_another_reason_is_another() -> None:
    changes = [change(0, S.NOT_READY, "break"), change(5, S.NOT_READY, "break"), change(9, S.NOT_READY, "meal")]
    assert [(span.reason, span.seconds) for span in spans(changes, until=20)] == [("break", 9), ("meal", 11)]


def test_agents_are_kept_apart() -> None:
    found = spans([change(0, S.TALKING), change(3, S.AVAILABLE, agent="ben"), change(8, S.WRAPUP)], until=10)
    assert {(span.agent, span.state): span.seconds for span in found} == {
        ("anna", S.TALKING): 8,
        ("anna", S.WRAPUP): 2,
        ("ben", S.AVAILABLE): 7,
    }


def test_time_is_cut_to_intervals_and_scope() -> None:
    found = time_by_interval([Span("anna", S.TALKING, "", 800, 2000), Span("ben", S.OFFLINE, "", 0, 9000)], 850, 1850)
    assert [(each.start, each.group, each.totals.state_talking_s) for each in found] == [
        (0, "anna", 50), (900, "anna", 900), (1800, "anna", 50),
    ]  # fmt: skip
    assert found.altogether() == Totals(state_talking_s=1000), "nobody is logged in who is offline"
    assert len(time_by_interval([Span("anna", S.TALKING, "", 0, 100)], 900, 1800)) == 0


def test_every_state_but_offline_is_counted_under_its_name() -> None:
    every = [Span("anna", state, "", 10 * n, 10 * n + n + 1) for n, state in enumerate(S)]
    sums = time_by_interval(every, 0, 900).altogether()
    assert time_in_states(sums) == {state: n + 1 for n, state in enumerate(S) if state is not S.OFFLINE}


def test_a_day_in_berlin_has_the_hour_twice_when_the_clocks_go_back() -> None:
    midnight = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    found = time_by_interval([Span("anna", S.AVAILABLE, "", midnight, midnight + 25 * 3600)], 0, 1e12)
    (day,) = found.by_day(ZoneInfo("Europe/Berlin")).items()
    assert (day[0], day[1].state_available_s) == ((date(2026, 10, 25), "anna"), 25 * 3600)


def test_occupancy_and_utilisation_of_a_worked_hour() -> None:
    # 30 min talk, 3 hold, 9 wrap-up, 18 available (2 of them ringing), and 15 of break beside them.
    hour = Totals(
        state_talking_s=1800, state_hold_s=180, state_wrapup_s=540, state_available_s=960, state_ringing_s=120,
        state_not_ready_s=900,
    )  # fmt: skip
    assert occupancy(hour) == pytest.approx(70.0)
    assert utilisation(hour) == pytest.approx(100 * 2520 / 4500)
    assert occupancy(Totals(state_not_ready_s=5.0)) is None
    consulted = Totals(state_consult_s=30.0, state_available_s=70.0)
    assert occupancy(consulted) == pytest.approx(30.0), "who is consulted works"


def test_adherence_is_doing_what_the_schedule_says() -> None:
    # Scheduled 0-100 work, 100-130 break; she worked 10-100, rested 100-120, and then worked on.
    schedule = [Shift("anna", "work", 0, 100), Shift("anna", "break", 100, 130)]
    found = [
        Span("anna", S.AVAILABLE, "", 10, 60),
        Span("anna", S.TALKING, "", 60, 100),
        Span("anna", S.NOT_READY, "break", 100, 120),
        Span("anna", S.AVAILABLE, "", 120, 130),
        Span("ben", S.AVAILABLE, "", 0, 130),
    ]
    kept = adherence_by_interval(found, schedule, 0, 1000)
    assert adherence(kept.altogether()) == pytest.approx(100 * 110 / 130)
    assert list(kept.by_group()) == ["anna"]
    assert adherence(adherence_by_interval(found, [], 0, 1000).altogether()) is None
    half = adherence_by_interval(found, schedule, 50, 110).altogether()
    assert (half.adhered_s, half.scheduled_s) == (60, 60), "cut to the scope"


def test_who_never_came_kept_nothing() -> None:
    absent = adherence_by_interval([], [Shift("anna", "work", 0, 100)], 0, 1000)
    assert adherence(absent.altogether()) == 0.0
