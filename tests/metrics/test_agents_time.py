"""Spans of states, occupancy, adherence."""

import pytest

from assist.metrics.agents_time import Shift, Span, adherence, occupancy, spans, time_in_states, utilisation
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


def test_time_is_cut_at_the_interval() -> None:
    found = [Span("anna", S.TALKING, "", 0, 100), Span("anna", S.WRAPUP, "", 100, 130)]
    assert time_in_states(found, 90, 120) == {S.TALKING: 10, S.WRAPUP: 20}
    assert time_in_states(found, 900, 920) == {S.TALKING: 0, S.WRAPUP: 0}


def test_occupancy_and_utilisation_of_a_worked_hour() -> None:
    # 30 min talk, 3 hold, 9 wrap-up, 18 available (2 of them ringing), and 15 of break beside them.
    hour = {S.TALKING: 1800.0, S.HOLD: 180.0, S.WRAPUP: 540.0, S.AVAILABLE: 960.0, S.RINGING: 120.0, S.NOT_READY: 900.0}
    assert occupancy(hour) == pytest.approx(70.0)
    assert utilisation(hour) == pytest.approx(100 * 2520 / 4500)
    assert occupancy({S.NOT_READY: 5.0}) is None
    assert occupancy({S.CONSULT: 30.0, S.AVAILABLE: 70.0}) == pytest.approx(30.0), "who is consulted works"


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
    assert adherence(found, schedule) == pytest.approx(100 * 110 / 130)
    assert adherence(found, []) is None
