"""How long what is kept: each kind has its days, and ``callfloor purge`` takes what is older.

Events and audit are logs that nothing changes; here is the one place that takes from them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, inspect, not_, or_, select
from sqlalchemy.orm import DeclarativeBase

from assist.messages_left import MessageKept
from assist.store.settings import StoreSettings
from assist.store.store import Store
from assist.store.tables import AuditRow, ContactRow, EventRow, IssueRow, PastContactRow, PromiseRow
from assist.store.whole import whole

WORDS = "transcript.%"
BATCH = 1000
"""Rows of one transaction: some ten milliseconds."""


class Retention:
    """Takes from a store, and from the recordings, what is older than ``settings`` says at ``now`` (Unix seconds)."""

    def __init__(self, store: Store, recordings: Path, settings: StoreSettings, now: float) -> None:
        self._store = store
        self._recordings = recordings
        self._settings = settings
        self._now = datetime.fromtimestamp(now, UTC)

    async def purge(self, *, pretend: bool = False) -> Mapping[str, int]:
        """Take it, rows and then files; how much of each kind. Rows go BATCH at a time and every other moment is left
        to the floor, which writes meanwhile; cut off, it goes on the next time. ``pretend`` only counts. Raises
        StoreError, OSError.
        """
        counts: dict[str, int] = {}
        for kind, table, old in self._old():
            counts[kind] = counts.get(kind, 0) + await (self._count(table, old) if pretend else self._take(table, old))
        if not pretend:
            await self._store.fold()
        return {**counts, "recordings": await asyncio.to_thread(self._files, pretend)}

    @whole
    async def _count(self, table: type[DeclarativeBase], old: ColumnElement[bool]) -> int:
        async with self._store.reading() as session:
            return (await session.execute(select(func.count()).select_from(table).where(old))).scalar_one()

    async def _take(self, table: type[DeclarativeBase], old: ColumnElement[bool]) -> int:
        taken, wanted = 0, old
        while found := await self._some(table, wanted):
            began = time.monotonic()
            await self._delete(table, found)
            taken, wanted = taken + len(found), and_(old, inspect(table).primary_key[0] > found[-1])
            await asyncio.sleep(time.monotonic() - began)
        return taken

    @whole
    async def _some(self, table: type[DeclarativeBase], old: ColumnElement[bool]) -> Sequence[Any]:
        """Looked for without keeping anybody from writing."""
        (key,) = inspect(table).primary_key
        async with self._store.reading() as session:
            return (await session.scalars(select(key).where(old).order_by(key).limit(BATCH))).all()

    @whole
    async def _delete(self, table: type[DeclarativeBase], keys: Sequence[Any]) -> None:
        async with self._store.writing() as session:
            await session.execute(delete(table).where(inspect(table).primary_key[0].in_(keys)))

    def _old(self) -> list[tuple[str, type[DeclarativeBase], ColumnElement[bool]]]:
        kept, before = self._settings, self._before
        words = or_(EventRow.type.like(WORDS), EventRow.type == MessageKept.type)
        stranger, strange = PromiseRow.customer_id.is_(None), IssueRow.customer_id.is_(None)
        promised, opened, settled = PromiseRow.made_at, IssueRow.opened_at, IssueRow.closed_at
        # A contact takes its summary with it, and what is to be done for a stranger; a customer's own is history.
        wanted: list[tuple[str, int, type[DeclarativeBase], ColumnElement[bool]]] = [
            ("transcripts", kept.transcripts_days, EventRow, and_(words, EventRow.at < before(kept.transcripts_days))),
            ("events", kept.events_days, EventRow, and_(not_(words), EventRow.at < before(kept.events_days))),
            ("contacts", kept.contacts_days, ContactRow, ContactRow.ended_at < before(kept.contacts_days)),
            ("history", kept.history_days, PastContactRow, PastContactRow.at < before(kept.history_days)),
            ("history", kept.history_days, PromiseRow, and_(not_(stranger), promised < before(kept.history_days))),
            ("history", kept.history_days, IssueRow, and_(not_(strange), settled < before(kept.history_days))),
            ("promises", kept.contacts_days, PromiseRow, and_(stranger, promised < before(kept.contacts_days))),
            ("issues", kept.contacts_days, IssueRow, and_(strange, opened < before(kept.contacts_days))),
            ("audit", kept.audit_days, AuditRow, AuditRow.at < before(kept.audit_days)),
        ]  # fmt: skip
        return [(kind, table, old) for kind, days, table, old in wanted if days]

    def _before(self, days: int) -> datetime:
        return self._now - timedelta(days=min(days, 36_500))

    def _files(self, pretend: bool) -> int:
        """Recordings, and what a died worker left of one, whose last sound is too old."""
        found = self._recordings.iterdir() if self._recordings.is_dir() else ()
        return _unlink(found, self._until(self._settings.recordings_days), pretend)

    def set_aside(self, spool: Path, *, pretend: bool = False) -> int:
        """Files of events that the floor kept dying of (``voice.bus.backlog``), with words in them: those whose last
        event is older than words may be. How many. Raises OSError.
        """
        return _unlink(spool.glob("*.quarantine"), self._until(self._settings.transcripts_days), pretend)

    def _until(self, days: int) -> float:
        """Unix seconds; what is older goes."""
        return self._before(days).timestamp() if days else 0.0


def _unlink(files: Iterable[Path], before: float, pretend: bool) -> int:
    """Those last written to before then, Unix seconds."""
    old = [file for file in files if file.is_file() and file.stat().st_mtime < before]
    for file in old:
        if not pretend:
            file.unlink()
    return len(old)
