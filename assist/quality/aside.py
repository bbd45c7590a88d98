"""Scores in a process of their own. A scorecard takes tens of milliseconds, an agent's month seconds: in the floor's
process that would hold up cards.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from assist.content import load_content
from assist.quality.principles import Scorecard
from assist.quality.reading import Quality
from assist.quality.spec import load_scorecard
from assist.settings import AssistSettings
from assist.store import Store
from voice.process import die_with_parent

Cards = tuple[Scorecard, ...]


class Scores(Protocol):
    """Where scorecards come from: ``Quality`` itself, or its process."""

    async def of_contact(self, contact_id: str, now: float) -> Cards:
        """See ``Quality.of_contact``."""

    async def cards(self, since: float, until: float, now: float, agent: str) -> Cards:
        """See ``Quality.between``."""


class Aside:
    """``Scores`` of the store at ``url`` by the content in ``directory``, for agents in ``zone``, as ``house``
    wants it. The process starts with the first question, answers one at a time, and ends with this one; ``close`` it.
    One that died is replaced at the next question.
    """

    def __init__(self, url: str, directory: Path, zone: ZoneInfo, house: AssistSettings) -> None:
        self._where = url, directory, zone, house
        self._pool = _process()

    async def of_contact(self, contact_id: str, now: float) -> Cards:
        """See ``Scores``. Raises StoreError."""
        return await self._ask(_contact, contact_id, now)

    async def cards(self, since: float, until: float, now: float, agent: str) -> Cards:
        """See ``Scores``. Raises StoreError."""
        return await self._ask(_between, since, until, now, agent)

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _ask(self, work: Callable[..., Cards], *asked: object) -> Cards:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, work, *self._where, *asked)
        except BrokenProcessPool:
            self._pool = _process()
            return await loop.run_in_executor(self._pool, work, *self._where, *asked)


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn"), initializer=die_with_parent, initargs=(os.getpid(),)
    )


def _contact(url: str, directory: Path, zone: ZoneInfo, house: AssistSettings, contact_id: str, now: float) -> Cards:
    async def main() -> Cards:
        store = await Store.open(url, zone=zone)
        try:
            return await _quality(store, directory, house).of_contact(contact_id, now)
        finally:
            await store.close()

    return asyncio.run(main())


def _between(
    url: str, directory: Path, zone: ZoneInfo, house: AssistSettings, since: float, until: float, now: float, agent: str
) -> Cards:
    async def main() -> Cards:
        store = await Store.open(url, zone=zone)
        try:
            return await _quality(store, directory, house).cards(since, until, now, agent)
        finally:
            await store.close()

    return asyncio.run(main())


def _quality(store: Store, directory: Path, house: AssistSettings) -> Quality:
    content = house.applied(load_content(directory)).in_zone(store.zone)
    return Quality(store, content, load_scorecard(content, directory))
