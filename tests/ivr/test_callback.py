"""Promised calls: kept, tried again, given up; never two ends, never an agent forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.callback import (
    Callback,
    CallbackEffect,
    CallbackState,
    DialCustomer,
    ReleaseAgent,
    RetryPolicy,
    Settled,
    WaitAgain,
)

PROMISE = Callback("c1", "+15550100", "billing", 7, 1000.0, RetryPolicy(attempts=2, gap_s=600, ring_s=25))


def test_a_promise_of_yesterday_is_given_up_when_its_turn_comes_and_not_tried_again() -> None:
    policy = RetryPolicy(attempts=9, gap_s=600, expires_s=3600)
    promise = Callback("c1", "+15550100", "billing", 7, 1000.0, policy)
    assert promise.turn_came(4599.0) == (promise, ())
    over, effects = promise.turn_came(4600.0)
    assert (over.state, effects) == (CallbackState.GIVEN_UP, (Settled(False, 0, "expired"),))
    assert over.turn_came(5000.0) == (over, ())
    _, effects = promise.agent_connected("anna")[0].customer_failed(480, "no answer", 3999.0)
    assert effects == (ReleaseAgent("anna"), WaitAgain(4599.0))
    _, effects = promise.agent_connected("anna")[0].customer_failed(480, "no answer", 4000.0)
    assert effects == (ReleaseAgent("anna"), Settled(False, 1, "no answer"))


def test_a_kept_promise() -> None:
    dialling, effects = PROMISE.agent_connected("anna")
    assert effects == (DialCustomer("+15550100", 25),)
    talking, _ = dialling.customer_answered()
    over, effects = talking.customer_left()
    assert (over.state, effects) == (CallbackState.KEPT, (Settled(True, 1, ""),))
    assert over.customer_left() == (over, ())


def test_a_customer_who_does_not_answer_keeps_the_place_and_is_tried_again_then_given_up() -> None:
    waiting, effects = PROMISE.agent_connected("anna")[0].customer_failed(408, "no answer", 2000.0)
    assert effects == (ReleaseAgent("anna"), WaitAgain(2600.0))
    assert (waiting.state, waiting.priority, waiting.since) == (CallbackState.WAITING, 7, 1000.0)
    over, effects = waiting.agent_connected("bob")[0].customer_failed(486, "busy", 3000.0)
    assert effects == (ReleaseAgent("bob"), Settled(False, 2, "busy"))
    assert over.agent_connected("anna") == (over, ())


@pytest.mark.parametrize("code", [404, 484, 604])
def test_a_number_that_does_not_exist_is_not_tried_again(code: int) -> None:
    _, effects = PROMISE.agent_connected("anna")[0].customer_failed(code, "unknown", 2000.0)
    assert effects[-1] == Settled(False, 1, "unknown")


def test_an_agent_who_leaves_while_it_rings_costs_no_try() -> None:
    waiting, effects = PROMISE.agent_connected("anna")[0].agent_left(2000.0)
    assert (waiting, effects) == (PROMISE, (WaitAgain(2000.0),))


def test_a_promise_can_be_withdrawn_until_they_talk() -> None:
    assert PROMISE.withdrawn("called again")[1] == (Settled(False, 0, "called again"),)
    dialling, _ = PROMISE.agent_connected("anna")
    assert dialling.withdrawn("called again")[1] == (ReleaseAgent("anna"), Settled(False, 1, "called again"))
    talking, _ = dialling.customer_answered()
    assert talking.withdrawn("called again") == (talking, ())


@settings(deadline=None)
@given(st.lists(st.sampled_from(["agent", "answer", "busy", "gone", "agent left", "customer left"]), max_size=40))
def test_whatever_happens_it_ends_once_and_no_agent_is_forgotten(steps: list[str]) -> None:
    promise, settled, busy = PROMISE, 0, False
    for step in steps:
        effects: tuple[CallbackEffect, ...]
        match step:
            case "agent":
                promise, effects = promise.agent_connected("anna")
            case "answer":
                promise, effects = promise.customer_answered()
            case "busy":
                promise, effects = promise.customer_failed(486, "busy", 0.0)
            case "gone":
                promise, effects = promise.customer_failed(404, "gone", 0.0)
            case "agent left":
                promise, effects = promise.agent_left(0.0)
            case _:
                promise, effects = promise.customer_left()
        settled += sum(isinstance(effect, Settled) for effect in effects)
        busy = promise.state in (CallbackState.DIALLING, CallbackState.TALKING)
        assert bool(promise.agent) == busy or promise.state is CallbackState.KEPT
        assert promise.attempts <= PROMISE.policy.attempts
    assert settled == (promise.state in (CallbackState.KEPT, CallbackState.GIVEN_UP))
