"""Staffing formulas against published results."""

import itertools
import math

import pytest

from ivr.erlang import AGENTS_MAX, Demand, agents_needed, erlang_a, erlang_b, erlang_c


@pytest.mark.parametrize(
    ("erlangs", "agents", "blocked"),
    [(1.0, 1, 0.5), (3.1276, 8, 0.01), (13.182, 20, 0.02), (74.684, 90, 0.01), (84.064, 100, 0.01)],
)
def test_erlang_b_of_the_published_tables(erlangs: float, agents: int, blocked: float) -> None:
    assert erlang_b(erlangs, agents) == pytest.approx(blocked, rel=0.001)


def test_erlang_c_of_the_textbook_example() -> None:
    # 5 erlangs (100 calls an hour of 3 minutes): seven agents make 32 % wait, 8 of them answer 88 % within 20 s.
    demand = Demand(calls=100, aht_s=180)
    assert erlang_c(demand, 7, 20).wait_share == pytest.approx(0.3241, abs=1e-4)
    eight = erlang_c(demand, 8, 20)
    assert (eight.service_level, eight.asa_s, eight.occupancy) == pytest.approx((0.880, 10.04, 0.625), abs=0.005)


@pytest.mark.parametrize(
    ("calls", "aht_s", "agents", "answer_s", "waits", "asa_s"),
    [
        # Mitan, "The Erlang-C Formula": 360 calls in half an hour of 4 minutes, 55 agents.
        (720, 240, 55, 15, 0.239, 8.2),
        # Call Centre Helper, "Erlang C Formula - Made Simple": 100 calls in half an hour of 3 minutes, 14 agents.
        (200, 180, 14, 20, 0.174, 7.8),
    ],
)
def test_erlang_c_of_published_examples(
    calls: float, aht_s: float, agents: int, answer_s: float, waits: float, asa_s: float
) -> None:
    found = erlang_c(Demand(calls, aht_s), agents, answer_s)
    assert found.wait_share == pytest.approx(waits, abs=5e-4)
    assert found.asa_s == pytest.approx(asa_s, abs=0.05)


def test_the_published_answer_for_80_in_20() -> None:
    # Call Centre Helper, as above: the fourteenth agent is the first with whom it is kept, at 88.8 % and 71.4 % busy.
    found = agents_needed(Demand(200, 180), 20, 0.80)
    assert found.agents == 14
    assert (found.service_level, found.occupancy) == pytest.approx((0.888, 0.714), abs=5e-4)


def test_erlang_c_and_a_of_gans_koole_and_mandelbaum() -> None:
    # "Telephone call centers" (M&SOM 5(2), 2003): 48 calls a minute of one minute, 50 agents. Without abandonment the
    # mean wait is 20.8 s at 96 % occupancy; with 2 minutes of patience 3.1 % leave, at 93 %.
    patient, impatient = Demand(48 * 60, 60), Demand(48 * 60, 60, patience_s=120)
    endless = erlang_c(patient, 50, 20)
    assert (endless.asa_s, endless.occupancy) == pytest.approx((20.8, 0.96), abs=0.05)
    real = erlang_a(impatient, 50, 20)
    assert (real.abandoned, real.occupancy) == pytest.approx((0.031, 0.93), abs=0.001)


@pytest.mark.parametrize("agents", [170, 180, 300])
def test_endless_patience_is_erlang_c(agents: int) -> None:
    patient, almost = Demand(2000, 300), Demand(2000, 300, patience_s=1e9)
    expected, found = erlang_c(patient, agents, 20), erlang_a(almost, agents, 20)
    assert found.service_level == pytest.approx(expected.service_level, abs=1e-4)
    assert found.asa_s == pytest.approx(expected.asa_s, abs=0.02)


def test_a_queue_with_too_few_agents_never_ends_without_abandonment() -> None:
    hopeless = erlang_c(Demand(2000, 300), 166, 20)
    assert (hopeless.service_level, hopeless.asa_s) == (0.0, math.inf)
    # With it the surplus leaves: of 2000/h only what 100 agents manage is served, 1200/h.
    assert erlang_a(Demand(2000, 300, patience_s=600), 100, 60).abandoned == pytest.approx(0.4, abs=0.001)


def test_the_fewest_agents_for_80_in_20() -> None:
    assert agents_needed(Demand(100, 180), 20, 0.80).agents == 8
    assert erlang_c(Demand(100, 180), 7, 20).service_level < 0.80


@pytest.mark.parametrize("calls", [0.1, 1, 30, 300])
def test_one_agent_more_is_never_worse_however_little_there_is_to_do(calls: float) -> None:
    demand = Demand(calls, 70, patience_s=20)
    levels = [erlang_a(demand, agents, 20).service_level for agents in range(1, 300)]
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(levels))
    assert levels[-1] == pytest.approx(1.0)


def test_what_cannot_be_staffed_is_said() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Demand(0, 180)
    with pytest.raises(ValueError, match="between 0 and 1"):
        agents_needed(Demand(100, 180), 20, 80)
    with pytest.raises(ValueError, match=f"not even {AGENTS_MAX} agents"):
        agents_needed(Demand(1e9, 180), 20, 0.8)
