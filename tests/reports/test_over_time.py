"""The time axis of a report: no two moments in one bar, no day left out."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from assist.metrics.targets import Goal, Targets
from assist.reports.gather import Gathering, Report, Scope
from assist.reports.html import as_html
from assist.reports.over_time import by_day, by_moment, by_time_of_day
from assist.reports.plots import Series, lines, stacked_bars
from ivr.contacts import ContactEnded, ContactOffered, ContactQueued
from voice.events import Envelope

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = 1_795_388_400.0  # 2026-11-23 00:00 in Berlin
HOUR, DAY = 3600.0, 86_400.0
CLOCKS_BACK = 1_792_879_200.0  # 2026-10-25 00:00 in Berlin; at 03:00 the clocks go back to 02:00


def report(start: float, end: float, *queued: float) -> Report:
    """One caller waits for 50 s at each of ``queued`` and hangs up."""
    gathering = Gathering(Scope(start, end, BERLIN, targets=Targets(Goal())))
    for number, at in enumerate(sorted(queued)):
        events = (
            ContactOffered("w", f"+1555{number}", "100", "demo", "1"),
            ContactQueued("billing", 5, at),
            ContactEnded("abandoned", "caller", 50.0, 0.0),
        )
        for place, event in enumerate(events):
            gathering.take(Envelope(f"{number}.{place}", at + 25.0 * place, "test", 0, event, f"c{number}"))
    return gathering.report()


def test_two_days_have_the_same_hours_and_keep_their_bars_apart() -> None:
    ten = MONDAY + 10 * HOUR
    both = report(MONDAY, MONDAY + 1.5 * DAY, ten, ten + DAY, ten + DAY)
    found = by_moment(both.scope, both.intervals)
    bars = {label: sums.abandoned for label, sums in zip(found.labels, found.sums, strict=True) if sums.abandoned}
    assert bars == {"Mon 10:00": 1, "Tue 10:00": 2}
    assert len(found.labels) == 24 * 4 + 1, "also the intervals without contacts"


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first, second = CLOCKS_BACK + 2 * HOUR, CLOCKS_BACK + 3 * HOUR
    night = report(CLOCKS_BACK, CLOCKS_BACK + DAY, first, second, second)
    found = by_moment(night.scope, night.intervals)
    bars = {label: sums.abandoned for label, sums in zip(found.labels, found.sums, strict=True) if sums.abandoned}
    assert bars == {"Sun 02:00 CEST": 1, "Sun 02:00 CET": 2}
    whole_day = by_time_of_day(night.scope, night.intervals)
    assert (whole_day.labels, [sums.abandoned for sums in whole_day.sums]) == (("02:00",), [3])


def test_a_day_in_one_zone_is_labelled_by_its_clock_alone() -> None:
    day = report(MONDAY, MONDAY + DAY, MONDAY + HOUR, MONDAY + 2 * HOUR)
    found = by_moment(day.scope, day.intervals)
    assert found.labels == ("01:00", "01:15", "01:30", "01:45", "02:00")


def test_days_without_contacts_are_days_too() -> None:
    week = report(MONDAY, MONDAY + 7 * DAY, MONDAY + HOUR, MONDAY + 3 * DAY)
    found = by_day(week.scope, week.intervals)
    assert found.labels == ("23 Nov", "24 Nov", "25 Nov", "26 Nov", "27 Nov", "28 Nov", "29 Nov")
    assert [sums.abandoned for sums in found.sums] == [1, 0, 0, 1, 0, 0, 0]
    longer = report(MONDAY, MONDAY + 7 * DAY + HOUR, MONDAY)
    assert by_day(longer.scope, longer.intervals).labels[-1] == "30 Nov", "the day that is only begun"


def test_a_week_says_how_a_day_goes() -> None:
    ten = MONDAY + 10 * HOUR
    week = report(MONDAY, MONDAY + 7 * DAY, ten, ten + DAY, ten + 4 * DAY + 900, ten + 5 * DAY + 2700)
    found = by_time_of_day(week.scope, week.intervals)
    assert found.labels == ("10:00", "10:15", "10:30", "10:45")
    assert [sums.abandoned for sums in found.sums] == [2, 1, 0, 1]
    assert "Service level by time of day (variant 3), %" in as_html(week, "Made by a test.")
    day = as_html(report(MONDAY, MONDAY + DAY, ten), "Made by a test.")
    assert "by time of day" not in day, "one day is drawn as it went"


def test_nothing_has_no_axis() -> None:
    nothing = report(MONDAY, MONDAY + DAY)
    for along in (by_moment, by_time_of_day):
        assert along(nothing.scope, nothing.intervals).labels == ()


def test_no_line_leads_over_what_is_not_known() -> None:
    drawn = lines("", list("abcde"), [Series("a", "accent", [10.0, 20.0, None, None, 50.0])], 100.0, None)
    assert (drawn.count("<polyline"), drawn.count("<circle")) == (2, 3)
    assert "<polyline" not in lines("", ["a"], [Series("a", "accent", [None])], 100.0, None)


def test_long_labels_leave_each_other_room() -> None:
    def labels(shown: list[str]) -> int:
        return stacked_bars("", shown, [Series("a", "good", [1.0] * len(shown))]).count('text-anchor="middle"')

    assert labels([f"{hour:02d}:00" for hour in range(12)]) == 12
    assert labels([f"Sun {hour:02d}:00 CEST" for hour in range(24)]) <= 5
