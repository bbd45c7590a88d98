"""How long what is kept: each kind has its days, and ``callfloor purge`` takes what is older.

Events and audit are logs that nothing changes; here is the one place that takes from them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, and_, delete, func, not_, select
from sqlalchemy.orm import DeclarativeBase

from assist.store.settings import StoreSettings
from assist.store.store import Store
from assist.store.tables import AuditRow, ContactRow, EventRow, IssueRow, PastContactRow, PromiseRow
from assist.store.whole import whole

WORDS = "transcript.%"


class Retention:
    """Takes from a store, and from the recordings, what is older than ``settings`` says at ``now`` (Unix seconds)."""

    def __init__(self, store: Store, recordings: Path, settings: StoreSettings, now: float) -> None:
        self._store = store
        self._recordings = recordings
        self._settings = settings
        self._now = datetime.fromtimestamp(now, UTC)

    async def purge(self, *, pretend: bool = False) -> Mapping[str, int]:
        """Take it, all rows or none, then the files; how much of each kind. ``pretend`` only counts. Raises StoreError,
        OSError.
        """
        return {**await self._rows(pretend), "recordings": await asyncio.to_thread(self._files, pretend)}

    @whole
    async def _rows(self, pretend: bool) -> dict[str, int]:
        counts: dict[str, int] = {}
        async with self._store.writing() as session:
            for kind, (table, old) in self._old().items():
                found = await session.execute(select(func.count()).select_from(table).where(old))
                counts[kind] = found.scalar_one()
                if not pretend:
                    await session.execute(delete(table).where(old))
        return counts

    def _old(self) -> dict[str, tuple[type[DeclarativeBase], ColumnElement[bool]]]:
        kept, before = self._settings, self._before
        words = EventRow.type.like(WORDS)
        # A contact takes its summary with it; a customer what is to be done for her, strangers' goes with contacts.
        wanted: dict[str, tuple[int, type[DeclarativeBase], ColumnElement[bool]]] = {
            "transcripts": (kept.transcripts_days, EventRow, and_(words, EventRow.at < before(kept.transcripts_days))),
            "events": (kept.events_days, EventRow, and_(not_(words), EventRow.at < before(kept.events_days))),
            "contacts": (kept.contacts_days, ContactRow, ContactRow.ended_at < before(kept.contacts_days)),
            "promises": (
                kept.contacts_days, PromiseRow,
                and_(PromiseRow.customer_id.is_(None), PromiseRow.made_at < before(kept.contacts_days)),
            ),
            "issues": (
                kept.contacts_days, IssueRow,
                and_(IssueRow.customer_id.is_(None), IssueRow.opened_at < before(kept.contacts_days)),
            ),
            "history": (kept.history_days, PastContactRow, PastContactRow.at < before(kept.history_days)),
            "audit": (kept.audit_days, AuditRow, AuditRow.at < before(kept.audit_days)),
        }  # fmt: skip
        return {kind: (table, old) for kind, (days, table, old) in wanted.items() if days}

    def _before(self, days: int) -> datetime:
        return self._now - timedelta(days=min(days, 36_500))

    def _files(self, pretend: bool) -> int:
        """Recordings, and what a died worker left of one, whose last sound is too old."""
        days, taken = self._settings.recordings_days, 0
        if not days or not self._recordings.is_dir():
            return 0
        for file in self._recordings.iterdir():
            if file.is_file() and file.stat().st_mtime < self._before(days).timestamp():
                taken += 1
                if not pretend:
                    file.unlink()
        return taken
