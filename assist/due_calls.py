"""Calls that agents promised ("I will call you back on Monday"), made when they are due: in calling hours, and by the
agent who promised, as far as she is there (``[promised_calls]``).

Looked for when the hours begin, and when the floor starts within them. What was settled today, kept or not, is not
tried again today; what is ``OVERDUE_DAYS`` late is left to a person. Every task can be called from the desk, too.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from assist.outbound import Outbound
from assist.store import Store
from assist.store.archive import Archive
from assist.store.errors import StoreError
from assist.store.tasks import Task, Tasks
from ivr.conditions import DAYS, Day, Time
from ivr.outbound import CallbackSettled
from ivr.verbs.dial import dialled
from voice.clock import Clock
from voice.settings import Section

log = logging.getLogger(__name__)

OVERDUE_DAYS = 3
CALLS = frozenset({"call", "ring", "phone"})
"""The words that make a promise one to telephone."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone, write one like Europe/Dublin") from None
    return name


class PromisedCallSettings(Section):
    """``dial``: whether the floor makes promised calls; ``opens`` to ``closes`` in ``zone``, on ``days``."""

    dial: bool = False
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    days: tuple[Day, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), min_length=1)
    opens: Time = "09:00"
    closes: Time = "18:00"

    def closing(self, now: datetime.datetime) -> datetime.datetime | None:
        """When the hours that ``now`` lies in end; None outside of them."""
        opens, closes = (self._at(now.date(), time) for time in (self.opens, self.closes))
        return closes if DAYS[now.weekday()] in self.days and opens <= now < closes else None

    def opening(self, now: datetime.datetime) -> datetime.datetime:
        """When they begin next, after ``now``."""
        days = (now.date() + datetime.timedelta(days=ahead) for ahead in range(8))
        found = (self._at(day, self.opens) for day in days if DAYS[day.weekday()] in self.days)
        return next(moment for moment in found if moment > now)

    def _at(self, day: datetime.date, time: str) -> datetime.datetime:
        return datetime.datetime.combine(day, datetime.time.fromisoformat(time), ZoneInfo(self.zone))


class DueCalls:
    """See the module docstring."""

    def __init__(
        self, hours: PromisedCallSettings, store: Store, outbound: Outbound, clock: Clock,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:  # fmt: skip
        self._hours = hours
        self._store = store
        self._tasks = Tasks(store)
        self._contacts = Archive(store)
        self._outbound = outbound
        self._clock = clock
        self._spawn = spawn

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            now = datetime.datetime.fromtimestamp(self._clock.wall(), ZoneInfo(self._hours.zone))
            if (closes := self._hours.closing(now)) is not None:
                try:
                    await self._begin(now, closes)
                except StoreError as error:
                    log.error("promised calls are not made today: %s", error)
            await self._clock.sleep(self._hours.opening(now).timestamp() - self._clock.wall())

    async def _begin(self, now: datetime.datetime, closes: datetime.datetime) -> None:
        over = await self._settled_since(now.replace(hour=0, minute=0, second=0, microsecond=0))
        today = now.astimezone(self._store.zone).date()
        for task in await self._tasks.due(today, None, issues=False):
            if is_call(task, today) and f"callback-{task.id}" not in over:
                await self._queue(task, closes)

    async def _queue(self, task: Task, closes: datetime.datetime) -> None:
        number, line = dialled(task.number), await self._contacts.line(task.contact_id)
        if number is None or line is None or not line.queue:
            log.warning("%s cannot be dialled: somebody has to call %s", task.id, task.number or "the customer")
            return

        def settled(kept: bool) -> None:
            if kept:
                self._spawn(self._tick_off(task))

        self._outbound.keep(task.id, number, line.queue, task.agent, closes.timestamp(), settled)

    async def _tick_off(self, task: Task) -> None:
        try:
            await self._tasks.done(task.id, self._clock.wall(), None, issues=False)
        except StoreError as error:
            log.error("%s is kept, but cannot be ticked off: %s", task.id, error)

    async def _settled_since(self, midnight: datetime.datetime) -> frozenset[str]:
        found = self._store.log([CallbackSettled.type], midnight.timestamp(), self._clock.wall())
        return frozenset([wire["data"]["callback_id"] async for wire in found])


def is_call(task: Task, today: datetime.date) -> bool:
    """Whether a task is to telephone somebody by ``today``, and not so late that a person should look at it first."""
    words = {word.strip(".,!?“”\"'") for word in task.text.lower().split()}
    due = task.due_on
    return due is not None and today - datetime.timedelta(days=OVERDUE_DAYS) <= due <= today and bool(words & CALLS)
