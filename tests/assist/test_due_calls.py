"""Promised calls that are due: when, which, by whom, and what becomes of the task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from assist.due_calls import DueCalls, PromisedCallSettings, is_call
from assist.store import DEMO_NUMBER, Store, seed_demo
from assist.store.tasks import Task, Tasks
from assist.summary import FollowUp
from ivr.acd_messages import StationUp
from ivr.contacts import ContactAnswered, ContactEnded
from ivr.outbound import CallbackSettled, CustomerReached
from tests.assist.test_outbound import NUMBER, Stage
from tests.assist.test_outbound import run as on_stage
from tests.assist_web.kept_house import summary
from tests.fakes.clock import VirtualClock
from voice.events import Envelope, EventCodec

ZONE = ZoneInfo("Europe/Dublin")
HOURS = PromisedCallSettings(dial=True, zone="Europe/Dublin")
NOW = datetime.fromtimestamp(VirtualClock().wall(), ZONE)  # Tuesday, 14 November 2023, 22:30
TOMORROW = (NOW + timedelta(days=1)).date()
TASK = Task("promise-1", "“I will call you back.”", "Mary", NUMBER, TOMORROW, "anna", "c1")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "closes", "opens"),
    [
        ("2026-11-20T08:59", None, "2026-11-20T09:00"),
        ("2026-11-20T09:00", "2026-11-20T18:00", "2026-11-23T09:00"),
        ("2026-11-20T18:00", None, "2026-11-23T09:00"),
        ("2026-11-21T12:00", None, "2026-11-23T09:00"),
        ("2026-03-27T19:00", None, "2026-03-30T09:00"),  # the clocks go forward on that Sunday
    ],
)
def test_calling_hours(now: str, closes: str | None, opens: str) -> None:
    assert HOURS.closing(moment(now)) == (moment(closes) if closes else None)
    assert HOURS.opening(moment(now)) == moment(opens)


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        PromisedCallSettings(zone="Dublin")


@pytest.mark.parametrize(
    ("text", "due", "calls"),
    [
        ("“I will call you back.”", 0, True),
        ("“we will ring you on friday”", -3, True),
        ("“we will ring you on friday”", -4, False),
        ("“I will call you tomorrow”", 1, False),
        ("“I will call you”", None, False),
        ("“I will send you a router”", 0, False),
        ("“I will recall the letter”", 0, False),
    ],
)
def test_what_is_dialled(text: str, due: int | None, calls: bool) -> None:
    day = TOMORROW + timedelta(days=due) if due is not None else None
    assert is_call(replace(TASK, text=text, due_on=day), TOMORROW) is calls


Scene = Callable[[Store, "Line", VirtualClock, Callable[[], Awaitable[None]]], Awaitable[None]]


@dataclass
class Line:
    """Stands in for ``Outbound``: what it is to keep."""

    kept: list[tuple[str, str, str, str, float]] = field(default_factory=list)
    settle: dict[str, Callable[[bool], None]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def keep(
        self, task_id: str, number: str, queue: str, agent: str, until: float, settled: Callable[[bool], None]
    ) -> None:
        self.kept.append((task_id, number, queue, agent, until))
        self.settle[task_id] = settled
        self.changed.set()


def with_promises(
    tmp_path: Path,
    due: tuple[date | None, ...],
    test: Scene,
) -> None:
    async def main() -> None:
        clock, line, work = VirtualClock(), Line(), set[asyncio.Task[None]]()

        def spawn(what: Coroutine[Any, Any, None]) -> None:
            work.add(asyncio.create_task(what))

        async def settle() -> None:
            await asyncio.gather(*work)

        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 's.db'}")
        await seed_demo(store, NOW.date())
        customer = (await store.look_up(DEMO_NUMBER)).customer
        assert customer is not None
        follow_ups = tuple(FollowUp(f"I will call you back {n}", day, f"u{n}", 9.0) for n, day in enumerate(due))
        about = summary("c1", "anna", customer_id=customer.customer_id)
        await store.record_contact(replace(about, follow_ups=follow_ups))
        calls = DueCalls(HOURS, store, line, clock, spawn)  # type: ignore[arg-type]
        running = asyncio.create_task(calls.run())
        try:
            await test(store, line, clock, settle)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await store.close()

    asyncio.run(main())


async def until_kept(line: Line, count: int) -> None:
    async with asyncio.timeout(10):
        while len(line.kept) < count:
            line.changed.clear()
            await line.changed.wait()


def test_what_is_due_waits_for_the_hours_and_is_ticked_off_when_it_was_kept(tmp_path: Path) -> None:
    async def test(store: Store, line: Line, clock: VirtualClock, settle: Callable[[], Awaitable[None]]) -> None:
        await clock.advance(3600)
        assert line.kept == [], "at night nobody is called"
        await clock.advance(12 * 3600)
        await until_kept(line, 1)
        ((task_id, number, queue, agent, until),) = line.kept
        assert (number, queue, agent) == (DEMO_NUMBER, "billing", "anna")
        closes = datetime.combine(TOMORROW, datetime.min.time(), ZONE).replace(hour=18)
        assert until == closes.timestamp()
        line.settle[task_id](False)
        await settle()
        assert len(await Tasks(store).due(TOMORROW, None, issues=False)) == 2, "a task that was not kept stays"
        line.settle[task_id](True)
        await settle()
        assert [task.due_on for task in await Tasks(store).due(TOMORROW, None, issues=False)] == [None]

    with_promises(tmp_path, (TOMORROW, TOMORROW + timedelta(days=1), None), test)


def test_what_was_given_up_today_is_not_begun_again_by_a_floor_that_starts_anew(tmp_path: Path) -> None:
    async def test(store: Store, line: Line, clock: VirtualClock, settle: Callable[[], Awaitable[None]]) -> None:
        first, second = await Tasks(store).due(TOMORROW, None, issues=False)
        at = datetime.combine(TOMORROW, datetime.min.time(), UTC).timestamp() + 3600
        over = CallbackSettled(f"callback-{first.id}", False, 3, "busy")
        await store.append(EventCodec((CallbackSettled,)).encode(Envelope("e1", at, "floor", 1, over, None)))
        await clock.advance(13 * 3600)
        await until_kept(line, 1)
        assert [kept[0] for kept in line.kept] == [second.id]

    with_promises(tmp_path, (TOMORROW, TOMORROW), test)


def test_the_agent_who_promised_is_rung_and_the_task_hears_of_it() -> None:
    told: list[bool] = []

    async def use(stage: Stage) -> None:
        until = stage.clock.wall() + 3600
        stage.dispatch.outbound.keep("promise-1", NUMBER, "billing", "anna", until, told.append)
        stage.dispatch.outbound.keep("promise-1", NUMBER, "billing", "anna", until, told.append)
        stage.dispatch.outbound.keep("promise-2", "+442071838750", "billing", "anna", until, told.append)
        stage.dispatch.decide(StationUp("anna"))
        order = await stage.begin("c2")
        assert (order.number, order.agent, order.queue) == (NUMBER, "anna", "billing")
        stage.say("c2", ContactAnswered("anna", order.lease_id, 2.0), CustomerReached())
        stage.say("c2", ContactEnded("completed", "caller", 90.0, 80.0))
        assert (await anext(stage.settled)).event == CallbackSettled("callback-promise-1", True, 1, "")
        assert told == [True]
        assert stage.claims.empty(), "asked for twice, called once; and no trunk goes to London"

    on_stage(use)


def test_after_the_hours_it_is_given_up() -> None:
    told: list[bool] = []

    async def use(stage: Stage) -> None:
        stage.dispatch.outbound.keep("promise-1", NUMBER, "billing", "anna", stage.clock.wall() + 60, told.append)
        await stage.clock.advance(61)
        stage.dispatch.decide(StationUp("anna"))
        assert (await anext(stage.settled)).event == CallbackSettled("callback-promise-1", False, 0, "expired")
        assert told == [False]

    on_stage(use)
