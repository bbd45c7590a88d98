"""``callfloor quality``: scorecards and reviews of an installation, in the terminal."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voice.errors import CallfloorError
from voice.settings import SettingsFile, read_settings

if TYPE_CHECKING:
    from assist.quality.agents import AgentQuality
    from assist.quality.forms import QaReviewed
    from assist.quality.principles import Moment, Scorecard
    from assist.settings import AssistSettings

quality = typer.Typer(no_args_is_help=True, help="How well contacts were served: scorecards and reviews.")

Settings = Annotated[Path | None, typer.Option("--settings", help="A TOML file; defaults apply without one.")]
StateDir = Annotated[Path | None, typer.Option(help="The installation, without a settings file.")]
ContentDir = Annotated[Path | None, typer.Option("--content", help="Another content directory than the settings'.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
DAY_S = 86_400.0


class QualityError(CallfloorError):
    """There is nothing to show, or it cannot be reviewed."""


def database(settings: SettingsFile, state_dir: Path | None) -> str:
    """The store's URL. Raises QualityError where there is none."""
    from assist.store.settings import existing_store

    if (url := existing_store(settings, state_dir)) is None:
        raise QualityError("there is no store here; name the installation with --settings or --state-dir")
    return url


@quality.command("show")
def show(
    what: Annotated[str, typer.Argument(metavar="CONTACT|AGENT", help="The id of a contact, or an agent's user name.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Of an agent: how many days back.")] = 28,
    settings: Settings = None,
    state_dir: StateDir = None,
    directory: ContentDir = None,
    as_json: AsJson = False,
) -> None:
    """The scorecard of a contact with its evidence, or an agent's means, trend and coaching plan."""
    from assist.content import BUILT_IN
    from assist.reports.settings import ReportSettings
    from assist.settings import AssistSettings

    read = read_settings(settings, os.environ)
    zone = ZoneInfo(read.section("report", ReportSettings).zone)
    house = read.section("assist", AssistSettings)
    content = directory or house.content or BUILT_IN
    cards, reviews, found = asyncio.run(_read(database(read, state_dir), content, house, what, days, zone))
    if not cards and found is None:
        raise QualityError(f"{what!r} is no contact that an agent answered, nor an agent who answered one lately")
    if as_json:
        typer.echo(_json(cards, reviews, found))
        return
    console = Console(width=None if os.isatty(1) else 110)
    for card in cards:
        _show_card(card, console)
    for review in reviews:
        _show_review(review, console)
    if found is not None:
        _show_agent(found, console)


def _json(cards: tuple[Scorecard, ...], reviews: tuple[QaReviewed, ...], found: AgentQuality | None) -> str:
    if found is not None:
        return json.dumps(asdict(found), default=str)
    return json.dumps({"scorecards": [asdict(card) for card in cards], "reviews": [asdict(each) for each in reviews]})


async def _read(
    url: str, directory: Path, house: AssistSettings, what: str, days: int, zone: ZoneInfo
) -> tuple[tuple[Scorecard, ...], tuple[QaReviewed, ...], AgentQuality | None]:
    """Scorecards and reviews of a contact, or else what an agent's come to; put down in the audit."""
    from assist.content import load_content
    from assist.quality.agents import of_agent
    from assist.quality.reading import Quality
    from assist.quality.spec import load_scorecard
    from assist.shell_audit import put_down
    from assist.store import Store
    from voice.clock import SystemClock

    content = house.applied(load_content(directory)).in_zone(zone)
    now = SystemClock().wall()
    store = await Store.open(url, zone=zone)
    try:
        reading = Quality(store, content, load_scorecard(content, directory))
        cards = await reading.of_contact(what, now)
        mine = () if cards else await reading.cards(now - days * DAY_S, now, now, what)
        if cards or mine:
            await put_down(store, "read", what, "quality")
        reviews = await reading.reviews_of(what) if cards else ()
        return cards, reviews, of_agent(what, mine, reading.spec, zone) if mine else None
    finally:
        await store.close()


def _show_card(card: Scorecard, console: Console) -> None:
    title = f"{card.contact_id}: {card.agent}" + (f", {card.queue}" if card.queue else "")
    table = Table("principle", title=escape(title), caption=f"overall {_number(card.overall)}, rules {card.version}")
    table.add_column("score", justify="right")
    table.add_column("judged by")
    for score in card.scores:
        marks = ", ".join(f"{mark.name} {mark.value:.0f}" for mark in score.marks)
        table.add_row(score.principle.label, _number(score.value), marks or "nothing to judge by")
    console.print(table)
    for moment in card.moments:
        console.print(_line(moment))


def _show_review(review: QaReviewed, console: Console) -> None:
    failed = f", failed by {', '.join(review.failed)}" if review.failed else ""
    console.print(
        escape(f"Review of {review.agent} by {review.reviewer}, {review.form}: {_number(review.score)}{failed}")
    )
    for answer in review.answers:
        value = "not applicable" if answer.value is None else str(answer.value)
        console.print(escape(f"  {answer.question}: {value}" + (f" ({answer.comment})" if answer.comment else "")))
    if review.comment:
        console.print(escape(f"  {review.comment}"))


def _show_agent(found: AgentQuality, console: Console) -> None:
    table = Table(
        "principle", title=escape(f"{found.agent}: {found.contacts} contacts, overall {_number(found.overall)}")
    )
    for name in ("mean", "contacts", *(f"{week.monday:%-d %b}" for week in found.weeks)):
        table.add_column(name, justify="right")
    for principle, average in found.averages.items():
        weeks = [_number(week.averages[principle].value) for week in found.weeks]
        table.add_row(principle.label, _number(average.value), str(average.contacts), *weeks)
    console.print(table)
    if found.plan is None:
        return
    console.print(f"[bold]Practise {found.plan.principle.label.lower()}[/bold]: {escape(found.plan.exercise)}")
    for moment in found.plan.moments:
        console.print(_line(moment))


def _line(moment: Moment) -> str:
    quote = f" “{moment.quote}”" if moment.quote else ""
    where = f"{moment.contact_id} {moment.at_s:.1f} s"
    link = f"{moment.utterance_id}, " if moment.utterance_id else ""
    return escape(f"  {where}  {moment.principle.label}: {moment.text}{quote} ({link}{moment.rule}, -{moment.off:.0f})")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
