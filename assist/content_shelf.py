"""The content that agents are advised with: the directory as it is now, and what agents thought of its articles.

A contact that begins has the files looked at, and keeps the version that is there when its first agent is rung. A
directory somebody broke is said in the log by file, line and fix, and contacts go on with the last good version.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from assist.cards import CardSettled
from assist.content import Content, load_content
from assist.deck import ACCEPTED, DISMISSED
from ivr.self_service import KnowledgeAnswer
from voice.clock import Clock, SystemClock
from voice.errors import DocumentError

log = logging.getLogger(__name__)

Stamp = frozenset[tuple[str, int, int]]


LOOK_S = 5.0
"""Seconds from one look at the files to the next: a busy floor begins many contacts a second."""


class ContentShelf:
    """Holds ``content``; with ``directory``, where it was read, it can be read again. Belongs to one event loop."""

    def __init__(
        self, content: Content, directory: Path | None = None, clock: Clock | None = None,
        load: Callable[[Path], Content] = load_content,
    ) -> None:  # fmt: skip
        self._content = content
        self._load = load
        self._directory = directory
        self._clock = clock or SystemClock()
        self._seen = _stamp(directory)
        self._look_after = 0.0
        self._votes: Counter[str] = Counter()
        self._voted: dict[str, str] = {}

    @property
    def content(self) -> Content:
        """What a contact that begins now is advised with."""
        return self._content

    @property
    def votes(self) -> Mapping[str, int]:
        """Accepted less dismissed, by knowledge article, as of now."""
        return dict(self._votes)

    def answer(self, question: str) -> KnowledgeAnswer | None:
        """``ivr.self_service.AnswerBook``."""
        return self._content.library.answer(question)

    def texts(self) -> tuple[str, ...]:
        """``ivr.self_service.AnswerBook``."""
        return self._content.library.texts()

    def voted(self, events: Iterable[CardSettled]) -> None:
        """Agents settled cards. The first word on a card counts; a repeat changes nothing."""
        for event in events:
            _, _, rule = event.card_id.rpartition(":")[0].rpartition(":")
            if rule in self._content.library.articles and event.card_id not in self._voted:
                self._voted[event.card_id] = event.outcome
                self._votes[rule] += (event.outcome == ACCEPTED) - (event.outcome == DISMISSED)

    async def refresh(self) -> None:
        """Read the directory again if a file of it has changed, LOOK_S after the last look at the soonest. Looking and
        reading are done in a thread: there may be ten thousand files.
        """
        if self._directory is None or self._clock.monotonic() < self._look_after:
            return
        self._look_after = math.inf  # one look at a time
        try:
            await self._look(self._directory)
        finally:
            self._look_after = self._clock.monotonic() + LOOK_S

    async def _look(self, directory: Path) -> None:
        stamp = await asyncio.to_thread(_stamp, directory)
        if stamp == self._seen:
            return
        self._seen = stamp  # before it is read: what changes meanwhile is seen the next time
        try:
            found = await asyncio.to_thread(self._load, directory)
        except DocumentError as error:
            log.error("%s. Contacts are advised by version %s of before", error, self._content.version)
            return
        log.warning("content version %s instead of %s", found.version, self._content.version)
        self._content = found


def _stamp(directory: Path | None) -> Stamp:
    if directory is None:
        return frozenset()
    found = set()
    for place, _, names in os.walk(directory):
        for name in names:
            file = os.path.join(place, name)
            try:
                stat = os.stat(file)
            except OSError:
                continue  # gone between the listing and the look
            found.add((file, stat.st_mtime_ns, stat.st_size))
    return frozenset(found)
