"""Every metric against a worked example: the published ones with their published results."""

from dataclasses import replace

import pytest

from assist.metrics import agents_time, customers, service, talk  # noqa: F401 - they register their metrics
from assist.metrics.columns import Columns
from assist.metrics.contacts import ContactRecord, Outcome
from assist.metrics.registry import REGISTRY, Registry
from assist.metrics.repeats import DAY_S, with_repeats
from assist.metrics.service import service_level
from assist.metrics.targets import ServiceLevel, Targets
from assist.metrics.totals import CONTRIBUTIONS, FIELDS, TIME_FIELDS, Totals, total

# The worked example of the five: 1000 answered (860 within 20 s), 60 abandoned (20 within 20 s, 10 within 5 s).
EXAMPLE = Totals(
    offered=1060, answered=1000, answered_in_time=860, abandoned=60, abandoned_in_time=20, abandoned_short=10
)


def record(number: int, outcome: Outcome = Outcome.ANSWERED, **values: object) -> ContactRecord:
    base = ContactRecord(f"c{number}", f"+1555{number}", 1000.0 + number, "billing", 1000.0 + number, outcome=outcome)
    if outcome is Outcome.ANSWERED:
        base = replace(base, answered_at=1010.0 + number, ended_at=1110.0 + number, agent="anna", wait_s=10.0)
    return replace(base, **values)  # type: ignore[arg-type]


def sums(*records: ContactRecord, until: float = 1e12) -> Totals:
    return total(with_repeats(Columns.of(records), Targets().repeat_days, until), Targets())


@pytest.mark.parametrize(("variant", "per_cent"), [(1, 81.13), (2, 86.00), (3, 82.69), (4, 83.02), (5, 82.08)])
def test_the_five_service_levels_of_the_worked_example(variant: int, per_cent: float) -> None:
    assert service_level(EXAMPLE, ServiceLevel(variant)) == pytest.approx(per_cent, abs=0.005)
    assert REGISTRY.all[f"service_level_{variant}"](EXAMPLE) == service_level(EXAMPLE, ServiceLevel(variant))


HANDLED = Totals(
    offered=10, answered=8, answered_in_time=6, abandoned=2, abandoned_in_time=1, abandoned_short=1,
    wait_answered_s=120, wait_abandoned_s=50, handled=8, talk_s=1600, hold_s=160, wrap_up_s=240, held=2,
    transferred=1, called_back=4, callbacks_kept=3, self_service=10, measured_s=1000, agent_speech_s=300,
    caller_speech_s=200, talk_over_s=15, dead_air_s=40, responses=8, response_s=12, csat_answers=10, csat_points=38,
    csat_satisfied=7, nps_answers=10, nps_promoters=5, nps_detractors=2, ces_answers=4, ces_points=22, ces_easy=3,
    repeat_known=20, repeated=3, declared=5, declared_resolved=4,
    state_talking_s=500, state_hold_s=40, state_consult_s=10, state_wrapup_s=50, state_available_s=150,
    state_ringing_s=40, state_reserved_s=10, state_not_ready_s=190, state_not_responding_s=10, scheduled_s=800,
    adhered_s=700,
)  # fmt: skip

WORKED = {
    "service_level_1": 60.0,
    "service_level_2": 75.0,
    "service_level_3": 100 * 6 / 9,
    "service_level_4": 70.0,
    "service_level_5": 70.0,
    "occupancy": 75.0,
    "utilisation": 60.0,
    "adherence": 87.5,
    "asa": 15.0,
    "abandon_rate": 100 * 1 / 9,
    "abandon_wait": 25.0,
    "aht": 250.0,
    "average_talk": 200.0,
    "average_hold": 20.0,
    "average_wrap_up": 30.0,
    "hold_rate": 25.0,
    "transfer_rate": 12.5,
    "callback_kept_rate": 75.0,
    "self_service_rate": 50.0,
    "fcr_repeat": 85.0,
    "fcr_declared": 80.0,
    "csat": 70.0,
    "csat_mean": 3.8,
    "nps": 30.0,
    "ces_mean": 5.5,
    "ces": 75.0,
    "talk_ratio": 60.0,
    "talk_over": 1.5,
    "dead_air": 4.0,
    "first_response": 1.5,
}


def test_every_metric_has_a_worked_example_a_formula_and_a_source() -> None:
    assert set(WORKED) == set(REGISTRY.all)
    for name, metric in REGISTRY.all.items():
        formula, source = metric.definition.split(" Source: ")
        assert (len(formula) > 10, len(source) > 10) == (True, True), f"{name} names no formula or no source"
        assert metric(HANDLED) == pytest.approx(WORKED[name]), name


def test_nothing_to_compute_from_is_none_and_never_zero() -> None:
    assert {metric(Totals()) for metric in REGISTRY.all.values()} == {None}


def test_a_name_is_defined_once() -> None:
    registry = Registry()
    registry.metric("One")(service.asa)
    with pytest.raises(ValueError, match="'asa' is defined twice"):
        registry.metric("Two")(service.asa)


def test_what_one_contact_adds() -> None:
    answered = sums(record(1, talk_s=80.0, hold_s=20.0, holds=2, csat=4, nps=6, ces=7, resolved=True))
    assert (answered.offered, answered.answered, answered.answered_in_time, answered.handled) == (1, 1, 1, 1)
    assert (answered.talk_s, answered.hold_s, answered.held, answered.holds) == (80.0, 20.0, 1, 2)
    assert (answered.csat_satisfied, answered.nps_detractors, answered.ces_easy, answered.declared_resolved) == (1,) * 4
    gone = sums(record(2, Outcome.ABANDONED, wait_s=4.0))
    assert (gone.offered, gone.abandoned, gone.abandoned_in_time, gone.abandoned_short) == (1, 1, 1, 1)
    later = sums(record(3, Outcome.CALLBACK, wait_s=40.0, callback_kept=True))
    assert (later.abandoned, later.called_back, later.callbacks_kept) == (0, 1, 1)
    flow = sums(record(4, Outcome.SELF_SERVICE, queue="", queued_at=0.0))
    assert (flow.offered, flow.self_service) == (0, 1)


@pytest.mark.parametrize(("score", "satisfied"), [(3, 0), (4, 1), (5, 1)])
def test_csat_counts_from_four(score: int, satisfied: int) -> None:
    assert sums(record(1, csat=score)).csat_satisfied == satisfied


@pytest.mark.parametrize(("score", "promoter", "detractor"), [(0, 0, 1), (6, 0, 1), (7, 0, 0), (8, 0, 0), (9, 1, 0)])
def test_nps_leaves_seven_and_eight_out(score: int, promoter: int, detractor: int) -> None:
    found = sums(record(1, nps=score))
    assert (found.nps_promoters, found.nps_detractors) == (promoter, detractor)


def test_the_sums_of_two_sets_are_the_sums_of_both() -> None:
    some, others = [record(n, talk_s=n) for n in range(5)], [record(n, Outcome.ABANDONED, wait_s=n) for n in range(9)]
    assert sums(*some) + sums(*others) == sums(*some, *others)
    assert set(CONTRIBUTIONS) | set(TIME_FIELDS) == set(FIELDS)
    assert all(name.startswith("state_") or name in ("scheduled_s", "adhered_s") for name in TIME_FIELDS)
    assert not set(FIELDS) & set(REGISTRY.all), "a sum and a metric of one name would be one column of a report"


def repeats(*records: ContactRecord, until: float = 1e12) -> tuple[float, float]:
    found = sums(*records, until=until)
    return found.repeat_known, found.repeated


def again(number: int, days: float, **values: object) -> ContactRecord:
    begun = 2000.0 + days * DAY_S
    given = {"customer": "+1", "issue": "billing", "answered_at": begun, "ended_at": begun + 60} | values
    return record(number, **given)  # type: ignore[arg-type]


def test_a_repeat_is_the_same_customer_and_issue_within_seven_days() -> None:
    assert repeats(again(1, 0), again(2, 6.9)) == (2, 1)
    assert repeats(again(1, 0), again(2, 7.1)) == (2, 0)
    assert repeats(again(1, 0), again(2, 1, issue="delivery")) == (2, 0)
    assert repeats(again(1, 0), again(2, 1, customer="+2")) == (2, 0)
    assert repeats(again(2, 6), again(1, 0), again(3, 12)) == (3, 2)


def test_a_window_that_is_not_over_is_not_known_but_a_repeat_in_it_is() -> None:
    two_days_on = 2000.0 + 2 * DAY_S
    assert repeats(again(1, 0), until=two_days_on) == (0, 0)
    assert repeats(again(1, 0), again(2, 1), until=two_days_on) == (1, 1)


def test_who_cannot_be_told_apart_and_who_was_not_handled_repeat_nothing() -> None:
    assert repeats(again(1, 0, customer=""), again(2, 1, customer="")) == (0, 0)
    assert repeats(again(1, 0), again(2, 1, outcome=Outcome.ABANDONED)) == (1, 0)
