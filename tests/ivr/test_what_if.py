"""The simulator of the real queue rules against the formulas where those hold, and where they do not."""

import pytest

from ivr.erlang import Demand, erlang_a
from ivr.settings import QueueSettings, by_name
from ivr.what_if import Plan, SimulatedContact, Team, simulate

DEMAND = Demand(calls=100, aht_s=170, patience_s=120)


def plan(agents: int, **values: object) -> Plan:
    teams = [Team(agents, ("billing",))]
    given = {"wrap_up_s": 10.0, "answer_s": 0.0} | values
    return Plan({"billing": DEMAND}, teams, by_name([QueueSettings(name="billing")]), **given)  # type: ignore[arg-type]


def abandoned(contacts: list[SimulatedContact]) -> float:
    return sum(contact.answered_at is None for contact in contacts) / len(contacts)


@pytest.mark.parametrize("agents", [5, 7])
def test_one_plain_queue_behaves_as_erlang_a_says(agents: int) -> None:
    contacts = list(simulate(plan(agents), hours=150, seed=1))
    expected = erlang_a(Demand(100, 180, patience_s=120), agents, 20)
    in_time = sum(c.answered_at is not None and c.answered_at - c.queued_at <= 20 for c in contacts) / len(contacts)
    assert abandoned(contacts) == pytest.approx(expected.abandoned, abs=0.015)
    assert in_time == pytest.approx(expected.service_level, abs=0.025)


def test_the_same_seed_is_the_same_day_and_another_another() -> None:
    day = list(simulate(plan(6), hours=2, seed=7))
    assert day == list(simulate(plan(6), hours=2, seed=7))
    assert day != list(simulate(plan(6), hours=2, seed=8))


def test_wrap_up_and_ringing_cost_what_they_take() -> None:
    quick = list(simulate(plan(6), hours=60, seed=3))
    slow = list(simulate(plan(6, wrap_up_s=90.0, answer_s=8.0), hours=60, seed=3))
    assert abandoned(slow) > abandoned(quick) + 0.05


def test_overflow_lends_another_queues_agents() -> None:
    demand = {"billing": DEMAND, "sales": Demand(calls=5, aht_s=120)}
    teams = [Team(3, ("billing",)), Team(4, ("sales",))]

    def run(**rules: object) -> float:
        billing = QueueSettings(name="billing", **rules)  # type: ignore[arg-type]
        queues = by_name([billing, QueueSettings(name="sales")])
        day = simulate(Plan(demand, teams, queues), hours=40, seed=2)
        return abandoned([contact for contact in day if contact.queue == "billing"])

    assert run(overflow_to="sales", overflow_after_s=10) < run() / 2


def test_a_queue_nobody_serves_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody serves billing"):
        simulate(plan(0), hours=1, seed=1)
