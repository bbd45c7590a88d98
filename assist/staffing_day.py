"""How many agents on Monday? The load of each hour of a weekday, from the log of weeks past, and whom it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table

from assist.metrics import Totals
from assist.reports.gather import Report, local
from assist.staffing import Line, Question, StaffingError, line_of
from assist.weekday import Weekday
from ivr.erlang import Demand, agents_needed
from ivr.settings import QueueSettings


@dataclass(frozen=True, slots=True)
class Hour:
    """The hour from ``hour`` o'clock, local time: ``calls`` that queued in it on the mean of the days looked at, and
    the seconds one took an agent, which are those of the whole weekday.
    """

    hour: int
    calls: float
    aht_s: float
    wrap_up_s: float


def hours_of(report: Report, weekday: Weekday) -> tuple[Hour, ...]:
    """The hours of ``weekday`` with calls, over the days of the report's scope. Raises StaffingError where nobody has
    handled a contact on such a day.
    """
    zone = report.scope.zone
    by_hour: dict[int, float] = {}
    handled = Totals()
    for interval in report.intervals:
        at = local(interval.start, zone)
        if at.weekday() == weekday.number and interval.group:
            by_hour[at.hour] = by_hour.get(at.hour, 0.0) + interval.totals.offered
            handled += interval.totals
    if not handled.handled:
        raise StaffingError(f"the log has no contact that was handled on a {weekday.value.capitalize()} of this time")
    days = _days(local(report.scope.start, zone).date(), local(report.scope.end, zone).date(), weekday)
    aht_s, wrap_up_s = (handled.talk_s + handled.hold_s) / handled.handled, handled.wrap_up_s / handled.handled
    return tuple(Hour(hour, calls / days, aht_s, wrap_up_s) for hour, calls in sorted(by_hour.items()) if calls)


def answer_day(hours: Iterable[Hour], asked: Question, queue: QueueSettings) -> tuple[tuple[Hour, Line], ...]:
    """The fewest agents for each hour by formula, and what the queue's own rules make of them; ``asked``: patience,
    goal, hours to simulate and seed. Raises StaffingError.
    """
    found = []
    for hour in hours:
        question = replace(asked, calls=hour.calls, aht_s=hour.aht_s, wrap_up_s=hour.wrap_up_s)
        demand = Demand(question.calls, question.aht_s + question.wrap_up_s, question.patience_s)
        try:
            fewest = agents_needed(demand, question.answer_s, question.level).agents
        except ValueError as error:
            raise StaffingError(str(error)) from None
        found.append((hour, line_of(question, queue, fewest)))
    return tuple(found)


def show_day(weekday: Weekday, asked: Question, lines: Iterable[tuple[Hour, Line]], console: Console) -> None:
    """A table a person reads."""
    wanted = f"{asked.level:.0%} in {asked.answer_s:g} s"
    table = Table(title=f"{weekday.value.capitalize()}: agents for {wanted}")
    for title in ("From", "Calls", "Agents", "Service level\nformula", "Service level\nsimulated", "Occupancy"):
        table.add_column(title, justify="right")
    for hour, line in lines:
        simulated = line.simulated["service_level"]
        table.add_row(
            f"{hour.hour:02d}:00", f"{hour.calls:.1f}", str(line.agents), f"{line.formula.service_level:.1%}",
            "–" if simulated is None else f"{simulated:.1f} %", f"{line.formula.occupancy:.1%}",
        )  # fmt: skip
    console.print(table)


def _days(first: date, end: date, weekday: Weekday) -> int:
    """How many days from ``first`` up to ``end``, which is not one of them, are such weekdays."""
    return sum((first + timedelta(days=n)).weekday() == weekday.number for n in range((end - first).days))
