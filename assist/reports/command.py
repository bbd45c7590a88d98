"""``callfloor report``: read the log of an installation, write a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress

from assist.content import load_content
from assist.metrics.agents_time import Shift
from assist.metrics.rollup import INTERVAL_S
from assist.metrics.targets import Targets
from assist.quality.agents import AgentQuality, of_agents
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.reports.books import of_contacts, of_time
from assist.reports.gather import Gathering, Kept, Report, Scope
from assist.reports.html import as_html
from assist.reports.log import BEFORE, envelopes
from assist.reports.tables import as_csv, as_json, write_parquet
from assist.settings import AssistSettings
from assist.store import Store
from assist.store.ledger import Ledger
from voice.clock import SystemClock
from voice.errors import CallfloorError


class ReportError(CallfloorError):
    """The report asked for cannot be made."""


def scope_of(begin: str, end: str, queue: str, agent: str, zone: ZoneInfo, targets: Targets, now: float) -> Scope:
    """``begin`` and ``end``: dates or date-times in ``zone``; without them, the last seven days up to and
    including today. A date as the end is the end of that day. Raises ReportError.
    """
    today = datetime.fromtimestamp(now, zone).date()
    first = _moment(begin, zone, last=False) if begin else datetime.combine(today - timedelta(days=6), time(), zone)
    final = _moment(end, zone, last=True) if end else datetime.combine(today + timedelta(days=1), time(), zone)
    if final <= first:
        raise ReportError(f"--to ({final:%Y-%m-%d %H:%M}) must lie after --from ({first:%Y-%m-%d %H:%M})")
    return Scope(first.timestamp(), final.timestamp(), zone, queue, agent, targets)


async def read_report(
    url: str | None,
    scope: Scope,
    console: Console,
    content: Path | None = None,
    schedule: Iterable[Shift] = (),
    house: AssistSettings | None = None,
) -> Report:
    """The report over a store's log, with a progress bar; with ``content`` (a directory) agents' scorecards too, which
    take tens of milliseconds a contact, by the rules as ``house`` has them; with a ``schedule`` what agents kept of it.
    Raises ReportError, StoreError.
    """
    if url is None:
        raise ReportError("there is no store here; name the installation with --settings or --state-dir")
    gathering = Gathering(scope, schedule)
    since, until = scope.start - BEFORE.total_seconds(), scope.end + scope.targets.repeat_days * 86_400
    store = await Store.open(url, zone=scope.zone)
    try:
        kept = await _books(store, scope)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Reading the log", total=until - since)
            async for envelope in envelopes(store, since, until):
                gathering.take(envelope)
                progress.update(task, completed=envelope.at - since)
        report = gathering.report(await store.summaries_between(scope.start, scope.end), kept)
        if content is None:
            return report
        return replace(report, quality=await _quality(store, scope, content, console, house))
    finally:
        await store.close()


async def _books(store: Store, scope: Scope) -> Kept:
    """What is closed of the scope; nothing where the scope cuts intervals in two: then the log is read."""
    if scope.start % INTERVAL_S or scope.end % INTERVAL_S:
        return Kept()
    ledger = Ledger(store)
    until = min(scope.end, await ledger.closed_until())
    entries = await ledger.between(scope.start, until)
    contacts = (of_contacts(entry) for entry in entries if scope.wants(entry.queue, entry.agent))
    times = (of_time(entry) for entry in entries if scope.agent in ("", entry.agent))
    return Kept(until, tuple(each for each in contacts if each.sums), tuple(each for each in times if each.sums))


async def _quality(
    store: Store, scope: Scope, content: Path, console: Console, house: AssistSettings | None
) -> tuple[AgentQuality, ...]:
    loaded = (house or AssistSettings()).applied(load_content(content)).in_zone(scope.zone)
    scores = Quality(store, loaded, load_scorecard(loaded, content))
    with console.status("Scoring contacts"):
        found = await scores.cards(scope.start, scope.end, SystemClock().wall(), scope.agent)
    mine = (card for card in found if scope.queue in ("", card.queue))
    return of_agents(mine, scores.spec, scope.zone)


def write_report(report: Report, kind: str, out: Path) -> None:
    """Write ``out`` as ``kind``: html, csv, json or parquet. Raises ReportError where the file cannot be written."""
    made = f"Made by callfloor on {datetime.fromtimestamp(SystemClock().wall(), report.scope.zone):%-d %B %Y at %H:%M}."
    try:
        match kind:
            case "html":
                out.write_text(as_html(report, made), "utf-8")
            case "csv":
                out.write_text(as_csv(report), "utf-8", newline="")
            case "json":
                out.write_text(as_json(report), "utf-8")
            case _:
                write_parquet(report, out)
    except OSError as error:
        raise ReportError(f"{out}: cannot be written ({error.strerror})") from None


def _moment(text: str, zone: ZoneInfo, *, last: bool) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ReportError(f"{text!r} is no date; write 2026-11-22 or 2026-11-22T14:30") from None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return datetime.combine(day + timedelta(days=last), time(), zone)
