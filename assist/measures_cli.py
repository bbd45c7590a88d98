"""``callfloor report`` and ``callfloor staff``."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from assist.weekday import Weekday
from voice.settings import AgentSettings, SettingsFile, read_settings

if TYPE_CHECKING:
    from assist.reports.gather import Report
    from assist.staffing import Question
    from assist.staffing_house import House

Settings = Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without one.")]


class Format(StrEnum):
    """What a report may be written as."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def report(
    settings: Settings = None,
    begin: Annotated[str, typer.Option("--from", help="A date or date-time; default: six days ago.")] = "",
    end: Annotated[str, typer.Option("--to", help="A date (included) or date-time; default: today.")] = "",
    queue: Annotated[str, typer.Option(help="Only this queue.")] = "",
    agent: Annotated[str, typer.Option(help="Only this agent.")] = "",
    kind: Annotated[Format, typer.Option("--format")] = Format.HTML,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; default: report.FORMAT.")] = None,
    schedule: Annotated[
        Path | None, typer.Option(help="Who was to do what, for adherence: CSV of agent,start,end,state.")
    ] = None,
    state_dir: Annotated[Path | None, typer.Option(help="The installation, without a settings file.")] = None,
) -> None:
    """Write what the measures say: volumes, service level, agents, sentiment, cards, knowledge gaps."""
    from assist.content import BUILT_IN
    from assist.reports.command import read_report, scope_of, write_report
    from assist.reports.schedule import read_schedule
    from assist.reports.settings import ReportSettings, read_targets
    from assist.settings import AssistSettings
    from assist.store.settings import existing_store
    from voice.clock import SystemClock

    read = read_settings(settings, os.environ)
    zone = ZoneInfo(read.section("report", ReportSettings).zone)
    shifts = read_schedule(schedule, zone) if schedule is not None else ()
    scope = scope_of(begin, end, queue, agent, zone, read_targets(read), SystemClock().wall())
    console = Console(stderr=True)
    house = read.section("assist", AssistSettings)
    content = house.content or BUILT_IN
    scored = content if kind in (Format.HTML, Format.JSON) else None
    made = asyncio.run(read_report(existing_store(read, state_dir), scope, console, scored, shifts, house))
    file = out if out is not None else Path(f"report.{kind}")
    write_report(made, kind, file)
    typer.echo(f"{file}: {made.overall.offered:.0f} contacts queued, {len(made.intervals)} intervals")


def staff(
    calls: Annotated[float | None, typer.Option(min=0.01, help="Calls an hour.")] = None,
    aht: Annotated[float | None, typer.Option("--aht", min=1, help="Seconds with the customer, hold included.")] = None,
    weekday: Annotated[
        Weekday | None, typer.Option(help="Instead of --calls and --aht: each hour of this day, as the log has it.")
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="With --weekday: so many weeks back.")] = 8,
    wrap_up: Annotated[float, typer.Option(min=0, help="Seconds of wrap-up after each.")] = 10.0,
    patience: Annotated[float, typer.Option(min=0, help="Mean seconds until a caller gives up; 0: never.")] = 120.0,
    level: Annotated[
        float | None, typer.Option(min=1, max=99.9, help="Per cent to be answered in time; default: the queue's goal.")
    ] = None,
    within: Annotated[
        float | None, typer.Option(min=0, help="Seconds that count as in time; default: the queue's goal.")
    ] = None,
    queue: Annotated[str, typer.Option(help="The [[queue]] of the settings whose rules to simulate.")] = "",
    beside: Annotated[
        list[str] | None, typer.Option(help="QUEUE=CALLS: calls an hour of a queue that this one overflows to.")
    ] = None,
    hours: Annotated[float, typer.Option(min=1, max=1000, help="Hours to simulate.")] = 40.0,
    seed: int = 1,
    settings: Settings = None,
    state_dir: Annotated[Path | None, typer.Option(help="With --weekday: the installation.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """How many agents does it take? Erlang A (or C), and a simulation of the real queue rules."""
    from assist.reports.settings import read_targets
    from assist.staffing import Question
    from assist.staffing_house import StaffingError

    read = read_settings(settings, os.environ)
    if (calls is None or aht is None) == (weekday is None):
        raise StaffingError("name either --calls and --aht, or --weekday")
    goal, house = read_targets(read).of(queue), _house(read, queue)
    wanted = (goal.target if level is None else level) / 100
    in_time = goal.answer_s if within is None else within
    asked = Question(calls or 0.0, aht or 0.0, wrap_up, patience or math.inf, in_time, wanted, hours, seed)
    if weekday is None:
        _staff(asked, house, beside or (), as_json=as_json)
    else:
        _staff_day(asked, house, queue, weekday, _report_of_weeks(read, state_dir, weeks), as_json=as_json)


def _house(read: SettingsFile, queue: str) -> House:
    """The queue asked about and what its callers overflow to, with the agents there. Raises StaffingError."""
    from assist.staffing_house import House, StaffingError, overflow_of, teams_beside
    from ivr.settings import QueueSettings, read_queues

    queues = read_queues(read)
    if queue and queue not in queues:
        known = ", ".join(sorted(queues)) or "none"
        raise StaffingError(f"the settings have no [[queue]] named {queue!r} (there are: {known})")
    rules = queues[queue] if queue else QueueSettings(name="any")
    beside = overflow_of(rules, queues)
    return House(rules, beside, teams=tuple(teams_beside(rules, beside, read.many("agent", AgentSettings))))


def _staff(asked: Question, house: House, beside: Sequence[str], *, as_json: bool) -> None:
    from assist.staffing import answer, show
    from assist.staffing_house import calls_beside
    from ivr.erlang import Demand

    calls = calls_beside(beside, house.beside, house.rules.name)
    demand = {name: Demand(number, asked.aht_s, asked.patience_s) for name, number in calls.items() if number}
    with Console(stderr=True).status("Simulating"):
        found = answer(asked, replace(house, demand=demand))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        show(asked, found, Console())


def _staff_day(asked: Question, house: House, queue: str, weekday: Weekday, log: Report, *, as_json: bool) -> None:
    from assist.staffing_day import answer_day, hours_of, load_of, show_day

    hours = hours_of(log, weekday, queue)
    beside = {each.name: load_of(log, weekday, each.name) for each in house.beside}
    with Console(stderr=True).status("Simulating"):
        found = answer_day(hours, asked, house, beside)
    if as_json:
        days = [asdict(hour) | {"by_formula": each.by_formula, "line": asdict(each.line)} for hour, each in found]
        typer.echo(json.dumps(days))
    else:
        show_day(weekday, asked, found, Console())


def _report_of_weeks(read: SettingsFile, state_dir: Path | None, weeks: int) -> Report:
    """What the log says of the last ``weeks``, up to yesterday."""
    from assist.reports.command import read_report
    from assist.reports.gather import Scope, local
    from assist.reports.settings import ReportSettings, read_targets
    from assist.store.settings import existing_store
    from voice.clock import SystemClock

    zone = ZoneInfo(read.section("report", ReportSettings).zone)
    today = datetime.combine(local(SystemClock().wall(), zone).date(), time(), zone)
    scope = Scope((today - timedelta(weeks=weeks)).timestamp(), today.timestamp(), zone, targets=read_targets(read))
    return asyncio.run(read_report(existing_store(read, state_dir), scope, Console(stderr=True)))
