"""``callfloor report`` and ``callfloor staff``."""

from __future__ import annotations

import asyncio
import json
import math
import os
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from voice.settings import read_settings

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
    state_dir: Annotated[Path | None, typer.Option(help="The installation, without a settings file.")] = None,
) -> None:
    """Write what the measures say: volumes, service level, agents, sentiment, cards, knowledge gaps."""
    from assist.content import BUILT_IN
    from assist.reports.command import read_report, scope_of, write_report
    from assist.reports.settings import ReportSettings, read_targets
    from assist.settings import AssistSettings
    from assist.store.settings import existing_store
    from voice.clock import SystemClock

    read = read_settings(settings, os.environ)
    zone = ZoneInfo(read.section("report", ReportSettings).zone)
    scope = scope_of(begin, end, queue, agent, zone, read_targets(read), SystemClock().wall())
    console = Console(stderr=True)
    content = read.section("assist", AssistSettings).content or BUILT_IN
    scored = content if kind in (Format.HTML, Format.JSON) else None
    made = asyncio.run(read_report(existing_store(read, state_dir), scope, console, scored))
    file = out if out is not None else Path(f"report.{kind}")
    write_report(made, kind, file)
    typer.echo(f"{file}: {made.overall.offered:.0f} contacts queued, {len(made.intervals)} intervals")


def staff(
    calls: Annotated[float, typer.Option(min=0.01, help="Calls an hour.")],
    aht: Annotated[float, typer.Option("--aht", min=1, help="Seconds with the customer, hold included.")],
    wrap_up: Annotated[float, typer.Option(min=0, help="Seconds of wrap-up after each.")] = 10.0,
    patience: Annotated[float, typer.Option(min=0, help="Mean seconds until a caller gives up; 0: never.")] = 120.0,
    level: Annotated[float, typer.Option(min=1, max=99.9, help="Per cent to be answered in time.")] = 80.0,
    within: Annotated[float, typer.Option(min=0, help="Seconds that count as in time.")] = 20.0,
    queue: Annotated[str, typer.Option(help="The [[queue]] of the settings whose rules to simulate.")] = "",
    hours: Annotated[float, typer.Option(min=1, max=1000, help="Hours to simulate.")] = 40.0,
    seed: int = 1,
    settings: Settings = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """How many agents does it take? Erlang A (or C), and a simulation of the real queue rules."""
    from assist.staffing import Question, StaffingError, answer, show
    from ivr.settings import QueueSettings, read_queues

    queues = read_queues(read_settings(settings, os.environ))
    if queue and queue not in queues:
        known = ", ".join(sorted(queues)) or "none"
        raise StaffingError(f"the settings have no [[queue]] named {queue!r} (there are: {known})")
    rules = queues[queue] if queue else QueueSettings(name="any")
    asked = Question(calls, aht, wrap_up, patience or math.inf, within, level / 100, hours, seed)
    console = Console()
    with Console(stderr=True).status("Simulating"):
        fewest, lines = answer(asked, rules)
    if as_json:
        typer.echo(json.dumps({"agents": fewest, "lines": [asdict(line) for line in lines]}))
    else:
        show(asked, fewest, lines, console)
