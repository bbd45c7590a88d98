"""How many agents on Monday? The load of each hour of a weekday, from the log of weeks past, and whom it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table

from assist.metrics import Totals
from assist.reports.gather import Report, local
from assist.staffing import Answer, Question, answer
from assist.staffing_house import House, StaffingError
from assist.weekday import Weekday
from ivr.erlang import Demand


@dataclass(frozen=True, slots=True)
class Hour:
    """The hour from ``hour`` o'clock, local time: ``calls`` that queued in it on the mean of the days looked at, and
    the seconds one took an agent, which are those of the whole weekday.
    """

    hour: int
    calls: float
    aht_s: float
    wrap_up_s: float


def hours_of(report: Report, weekday: Weekday, queue: str = "") -> tuple[Hour, ...]:
    """``load_of``. Raises StaffingError where nobody has handled a contact on such a day."""
    found = load_of(report, weekday, queue)
    if not found:
        which = f" of queue {queue!r}" if queue else ""
        day = weekday.value.capitalize()
        raise StaffingError(f"the log has no contact{which} that was handled on a {day} of this time")
    return found


def load_of(report: Report, weekday: Weekday, queue: str = "") -> tuple[Hour, ...]:
    """The hours of ``weekday`` with calls for ``queue`` (none named: for any), over the days of the report's scope;
    empty where none was handled.
    """
    zone = report.scope.zone
    by_hour: dict[int, float] = {}
    handled = Totals()
    for interval in report.intervals:
        at = local(interval.start, zone)
        if at.weekday() == weekday.number and interval.group and queue in ("", interval.group):
            by_hour[at.hour] = by_hour.get(at.hour, 0.0) + interval.totals.offered
            handled += interval.totals
    if not handled.handled:
        return ()
    days = _days(local(report.scope.start, zone).date(), local(report.scope.end, zone).date(), weekday)
    aht_s, wrap_up_s = (handled.talk_s + handled.hold_s) / handled.handled, handled.wrap_up_s / handled.handled
    return tuple(Hour(hour, calls / days, aht_s, wrap_up_s) for hour, calls in sorted(by_hour.items()) if calls)


def answer_day(
    hours: Iterable[Hour], asked: Question, house: House, beside: Mapping[str, Iterable[Hour]]
) -> tuple[tuple[Hour, Answer], ...]:
    """The fewest agents for each hour as the queue's own rules serve it. ``asked``: patience, goal, hours to simulate
    and seed; ``beside``: the same day's hours of the queues it overflows to. Raises StaffingError.
    """
    others = {(name, hour.hour): hour for name, day in beside.items() for hour in day}
    found = []
    for hour in hours:
        question = replace(asked, calls=hour.calls, aht_s=hour.aht_s, wrap_up_s=hour.wrap_up_s)
        demand = {
            name: Demand(other.calls, other.aht_s, asked.patience_s)
            for (name, at), other in others.items()
            if at == hour.hour
        }
        found.append((hour, answer(question, replace(house, demand=demand), around=0)))
    return tuple(found)


def show_day(weekday: Weekday, asked: Question, found: Iterable[tuple[Hour, Answer]], console: Console) -> None:
    """A table a person reads."""
    wanted = f"{asked.level:.0%} in {asked.answer_s:g} s"
    table = Table(title=f"{weekday.value.capitalize()}: agents for {wanted}")
    for title in (
        "From",
        "Calls",
        "Agents",
        "Agents\nby formula",
        "Service level\nformula",
        "Service level\nsimulated",
        "Occupancy",
    ):
        table.add_column(title, justify="right")
    for hour, answered in found:
        line = answered.line
        simulated = line.simulated["service_level"]
        table.add_row(
            f"{hour.hour:02d}:00", f"{hour.calls:.1f}", str(line.agents), str(answered.by_formula),
            f"{line.formula.service_level:.1%}",
            "–" if simulated is None else f"{simulated:.1f} %", f"{line.formula.occupancy:.1%}",
        )  # fmt: skip
    console.print(table)


def _days(first: date, end: date, weekday: Weekday) -> int:
    """How many days from ``first`` up to ``end``, which is not one of them, are such weekdays."""
    return sum((first + timedelta(days=n)).weekday() == weekday.number for n in range((end - first).days))
