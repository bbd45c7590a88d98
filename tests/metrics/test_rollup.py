"""Intervals, days, clocks that change, and a recount."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from assist.metrics.columns import Columns
from assist.metrics.contacts import ContactRecord, Outcome
from assist.metrics.repeats import with_repeats
from assist.metrics.rollup import INTERVAL_S, by_interval
from assist.metrics.targets import Goal, ServiceLevel, Targets
from assist.metrics.totals import Totals, total

BERLIN = ZoneInfo("Europe/Berlin")
TARGETS = Targets()


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def called(when: float, queue: str = "billing", agent: str = "") -> ContactRecord:
    return ContactRecord("c", "+1", when, queue, when, outcome=Outcome.ABANDONED, wait_s=1.0, agent=agent)


def columns(*records: ContactRecord) -> Columns:
    return with_repeats(Columns.of(records), 7, 0.0)


def test_a_contact_counts_where_it_began_to_wait() -> None:
    found = list(by_interval(columns(called(at("2026-03-01T10:14:59")), called(at("2026-03-01T10:15:00"))), TARGETS))
    assert [interval.start for interval in found] == [at("2026-03-01T10:00"), at("2026-03-01T10:15")]
    assert [interval.totals.abandoned for interval in found] == [1, 1]


def test_each_queue_has_its_own_line() -> None:
    when = at("2026-03-01T10:00")
    found = by_interval(columns(called(when, "support"), called(when), called(when)), TARGETS)
    assert [(interval.group, interval.totals.offered) for interval in found] == [("billing", 2), ("support", 1)]


def test_each_queue_is_measured_by_its_own_goal() -> None:
    when = at("2026-03-01T10:00")
    slow = replace(called(when), wait_s=25.0, outcome=Outcome.ANSWERED)
    left = replace(called(when), wait_s=25.0)
    targets = Targets(queues={"support": Goal(30.0, 90.0, ServiceLevel.ALL_OFFERED)})
    found = by_interval(columns(slow, left, replace(slow, queue="support"), replace(left, queue="support")), targets)
    by_queue = found.by_group()
    assert (by_queue["billing"].answered_in_time, by_queue["billing"].abandoned_in_time) == (0, 0)
    assert (by_queue["support"].answered_in_time, by_queue["support"].abandoned_in_time) == (1, 1)
    assert by_interval(columns(), targets).altogether() == Totals()


def test_so_has_each_agent() -> None:
    when = at("2026-03-01T10:00")
    found = by_interval(columns(called(when, agent="anna"), called(when, agent="ben")), TARGETS, group="agent")
    assert [interval.group for interval in found] == ["anna", "ben"]


def test_days_are_local_and_as_long_as_they_are() -> None:
    # Berlin: the clock goes forward on 29 March 2026 (a day of 92 intervals), back on 25 October (100).
    for day, first, quarters in (
        (date(2026, 3, 28), "2026-03-27T23:00", 96),
        (date(2026, 3, 29), "2026-03-28T23:00", 92),
        (date(2026, 10, 25), "2026-10-24T22:00", 100),
    ):
        start = at(first)
        every_quarter = (called(start + INTERVAL_S * n) for n in range(-4, 108))
        found = by_interval(columns(*every_quarter), TARGETS).by_day(BERLIN)
        assert found[day, "billing"].offered == quarters


def test_the_roll_up_equals_a_recount() -> None:
    chance = random.Random(5)
    records = [
        ContactRecord(
            f"c{n}", f"+{chance.randrange(99)}", (when := chance.uniform(0, 3e6)), chance.choice("abc"), when,
            when + 5, when + 90, "anna", chance.choice(list(Outcome)), chance.uniform(0, 60),
            float(chance.randrange(300)), csat=chance.choice([None, 1, 5]), nps=chance.choice([None, 0, 8, 10]),
        )
        for n in range(3000)
    ]  # fmt: skip
    counted = with_repeats(Columns.of(records), 7, 3e6)
    intervals = by_interval(counted, TARGETS)
    whole = total(counted, TARGETS)
    for name, value in _rounded(intervals.altogether()).items():
        assert value == _rounded(whole)[name], name
    assert _rounded(intervals.altogether()) == _rounded(_added(intervals.by_day(BERLIN).values()))
    some = [record for record in records if record.queue == "b"]
    only_b = intervals.by_group()["b"]
    assert only_b.offered == len(some)
    assert only_b.csat_answers == sum(record.csat is not None for record in some)


def _added(found: Iterable[Totals]) -> Totals:
    whole = Totals()
    for each in found:
        whole += each
    return whole


def _rounded(found: Totals) -> dict[str, float]:
    return {name: round(getattr(found, name), 6) for name in Totals.__slots__}


def test_no_contacts_have_no_intervals() -> None:
    found = by_interval(columns(), TARGETS)
    assert (len(found), list(found), found.altogether(), found.by_day(BERLIN)) == (0, [], Totals(), {})
