"""The books: closed day by day, they say what the log said, also when the log is gone."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from assist.desk_events import WrapUpSaved
from assist.metrics.targets import Goal, Targets
from assist.metrics.totals import Totals
from assist.reports.books import DAY_S, close_books
from assist.reports.command import read_report
from assist.reports.gather import Report, Scope
from assist.reports.log import READ
from assist.store import Store
from assist.store.ledger import Ledger
from assist.store.retention import Retention
from assist.store.settings import StoreSettings
from ivr.agents import AgentState
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactEnded, ContactOffered, ContactQueued, SurveyAnswered
from voice.events import Envelope, Event, EventCodec

BERLIN = ZoneInfo("Europe/Berlin")
BEGAN = 1_772_928_000
"""8 March 2026, 00:00 UTC: the clocks of Berlin change on the 29th."""
DAYS = 40
NOW = float(BEGAN + DAYS * DAY_S)
TARGETS = Targets(queues={"sales": Goal(answer_s=10.0)})
CODEC = EventCodec(READ)


def log(seed: int) -> list[Envelope]:
    """Some hundred contacts of DAYS days, many of them of the same few customers, in the order of time."""
    chance = random.Random(seed)
    found: list[tuple[float, Event, str | None]] = []
    for number in range(300):
        contact, at = f"c{number}", BEGAN + float(chance.randrange((DAYS - 1) * DAY_S))
        queue, agent, wait = chance.choice(("billing", "sales")), chance.choice(("anna", "ben")), chance.randrange(40)
        found.append((at, ContactOffered("w", f"+1555{chance.randrange(60)}", "100", "demo", "1"), contact))
        found.append((at + 1, ContactQueued(queue, 5, at + 1), contact))
        answered = chance.random() < 0.8
        end = at + 1 + wait + (chance.randrange(30, 300) if answered else 0)
        if answered:
            found.append((at + 1 + wait, ContactAnswered(agent, "l", float(wait)), contact))
            found.append((end, SurveyAnswered("csat", chance.randrange(1, 6)), contact))
        found.append((end, ContactEnded("completed" if answered else "abandoned", "caller", end - at, 0.0), contact))
        if answered:
            issue, resolved = chance.choice(("bill", "line")), chance.choice((True, False))
            found.append((end + 30, WrapUpSaved(agent, "", issue, resolved, (), confirmed=True), contact))
    states = [state for state in AgentState if state is not AgentState.OFFLINE]
    for agent, day in itertools.product(("anna", "ben", "cleo"), range(DAYS)):
        at = BEGAN + day * DAY_S + 7 * 3600.0
        for state in (*(chance.choice(states) for _ in range(8)), AgentState.OFFLINE):
            found.append((at, AgentStateChanged(agent, state, "", at), None))
            at += chance.randrange(60, 7200)
    found.append((NOW, AgentStateChanged("anna", AgentState.OFFLINE, "", NOW), None))
    found.sort(key=lambda each: each[0])
    return [Envelope(f"e{n}", at, "test", n, event, contact) for n, (at, event, contact) in enumerate(found)]


def with_log(tmp_path: Path, seed: int, use: Callable[[Store, str], Awaitable[None]]) -> None:
    async def main() -> None:
        url = f"sqlite+aiosqlite:///{tmp_path / 'db'}"
        store = await Store.open(url)
        try:
            await store.append(*map(CODEC.encode, log(seed)))
            await use(store, url)
        finally:
            await store.close()

    asyncio.run(main())


async def read(url: str, queue: str = "", agent: str = "", start: float = BEGAN - 3600, end: float = NOW) -> Report:
    return await read_report(url, Scope(start, end, BERLIN, queue, agent, TARGETS), Console(quiet=True))


def told(report: Report) -> tuple[object, ...]:
    """Everything in it that books keep."""
    intervals = {(each.start, each.group): each.totals for each in report.intervals}
    agents = {line.agent: line.totals for line in report.agents if line.totals != Totals()}
    times = {(each.start, each.group): each.totals for each in report.times}
    return intervals, report.overall, dict(report.days), dict(report.queues), agents, times


@pytest.mark.parametrize("seed", [1, 2])
def test_closed_one_day_or_many_at_a_time_they_equal_a_recount_even_when_the_events_are_gone(
    tmp_path: Path, seed: int
) -> None:
    async def use(store: Store, url: str) -> None:
        asked = [("", ""), ("sales", ""), ("", "ben")]
        recount = [told(await read(url, *who)) for who in asked]
        chance, at = random.Random(seed), BEGAN + 5.0 * DAY_S
        while at < NOW:
            await close_books(store, TARGETS, at)
            at += chance.uniform(0.3, 9.0) * DAY_S
        await close_books(store, TARGETS, NOW)
        assert await Ledger(store).closed_until() == BEGAN + (DAYS - 8) * DAY_S
        assert [told(await read(url, *who)) for who in asked] == recount
        gone = await Retention(store, tmp_path, StoreSettings(events_days=12), NOW).purge()
        assert gone["events"] > 500
        assert [told(await read(url, *who)) for who in asked] == recount

    with_log(tmp_path, seed, use)


def test_nothing_is_closed_twice_and_nothing_too_soon(tmp_path: Path) -> None:
    async def use(store: Store, url: str) -> None:
        assert await close_books(store, TARGETS, BEGAN + 8.9 * DAY_S) == 0
        assert await close_books(store, TARGETS, BEGAN + 9.0 * DAY_S) == 1
        kept = await Ledger(store).between(0, NOW)
        assert await close_books(store, TARGETS, BEGAN + 9.5 * DAY_S) == 0
        assert await Ledger(store).between(0, NOW) == kept != ()

    with_log(tmp_path, 1, use)


def test_what_retention_is_about_to_take_is_closed_before(tmp_path: Path) -> None:
    async def use(store: Store, url: str) -> None:
        before = told(await read(url, end=BEGAN + 37 * DAY_S))[0]
        await close_books(store, TARGETS, NOW, taken_before=NOW - 3.5 * DAY_S)
        await Retention(store, tmp_path, StoreSettings(events_days=3), NOW).purge()
        after = told(await read(url, end=BEGAN + 37 * DAY_S))[0]
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        assert before.keys() == after.keys()
        assert all(before[key].offered == after[key].offered for key in before)
        assert all(before[key].talk_s == after[key].talk_s for key in before)

    with_log(tmp_path, 1, use)


def test_an_agents_time_is_in_the_books_beside_contacts_without_a_queue(tmp_path: Path) -> None:
    async def use(store: Store, url: str) -> None:
        await close_books(store, TARGETS, NOW)
        entries = await Ledger(store).between(0, NOW)
        cleo = [entry for entry in entries if entry.agent == "cleo"]
        assert {entry.queue for entry in cleo} == {""}, "she handled nothing"
        assert sum(sum(entry.sums.values()) for entry in cleo) > 20 * 3600.0
        assert max(sum(entry.sums.values()) for entry in cleo) <= 900.0
        report = await read(url, agent="cleo")
        assert [line.agent for line in report.agents] == ["cleo"]
        assert report.overall == report.agents[0].totals

    with_log(tmp_path, 2, use)


def test_a_time_that_cuts_an_interval_in_two_is_read_from_the_log(tmp_path: Path) -> None:
    async def use(store: Store, url: str) -> None:
        cut = BEGAN + DAY_S + 100.0
        before = told(await read(url, start=cut))
        await close_books(store, TARGETS, NOW)
        assert told(await read(url, start=cut)) == before

    with_log(tmp_path, 2, use)
