"""The store: SQLAlchemy 2 (async) on SQLite in WAL mode, or on PostgreSQL. One floor process writes; others may read
meanwhile. People, audit, customers' files and retention are modules of their own beside this one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any, Self

from pydantic import TypeAdapter
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from assist.history import CustomerFound, CustomerProfile
from assist.store.database import WRITING, appending, fold, made_engine, probe
from assist.store.errors import refusing
from assist.store.numbers import best_matches, digits, phone_key
from assist.store.profiles import profiles
from assist.store.rows import contact_row, customer_row, event_values, past_row, promise_rows
from assist.store.schema import is_current, upgrade
from assist.store.tables import ContactRow, CustomerRow, EventRow, PastContactRow, PromiseRow, SummaryRow
from assist.store.whole import whole
from assist.summary import ContactSummary

LOG_BATCH = 2000
MAX_TIME = 253_402_300_799.0
"""The end of the year 9999: later cannot be said as a date."""
_SUMMARY: TypeAdapter[ContactSummary] = TypeAdapter(ContactSummary)


class Store:
    """Every method raises StoreError when the database refuses; what it was writing is then not written at all. One
    that is cancelled finishes first (milliseconds), so its write is done whole or not at all.
    """

    def __init__(self, engine: AsyncEngine, region: str = "", zone: tzinfo = UTC) -> None:
        self.region, self.zone = region, zone
        self._engine = engine
        self._append = appending(engine)
        self._writing = asyncio.Lock()

    @classmethod
    @whole
    async def open(cls, url: str, *, busy_timeout_s: float = 2.0, region: str = "", zone: tzinfo = UTC) -> Self:
        """Open ``url`` (``sqlite+aiosqlite:////absolute/path`` or ``postgresql+asyncpg://user:password@host/database``),
        creating file and tables where they are missing, and bringing older tables up to date.

        ``busy_timeout_s``: how long to wait for another process that is writing. ``region``: the country of numbers
        that are written without one, see ``numbers.e164``; ``zone``: whose days are told. Raises StoreError.
        """
        await asyncio.to_thread(probe, url, busy_timeout_s)
        store = cls(made_engine(url, busy_timeout_s), region, zone)
        try:
            async with store.reading() as session:
                current = await (await session.connection()).run_sync(is_current)
            if not current:
                async with store.writing() as session:
                    await (await session.connection()).run_sync(upgrade)
        except BaseException:
            await store._engine.dispose()
            raise
        return store

    @whole
    async def close(self) -> None:
        """Close every connection; SQLite then folds its log into the database file."""
        await self._engine.dispose()

    @whole
    async def fold(self) -> None:
        """What was deleted is gone from the database's files, too, as far as that is ours to do."""
        async with self._writing:
            with refusing():
                await fold(self._engine)

    @whole
    async def append(self, *envelopes: Mapping[str, Any]) -> int:
        """Add events (``EventCodec.encode``'s objects) to the log, all or none; those whose id is there already are
        passed over. Returns how many were added.
        """
        rows = [event_values(envelope) for envelope in envelopes]
        engine = self._engine.execution_options(**{WRITING: True})
        # Past the ORM: this is by far the most frequent statement.
        async with self._writing:
            with refusing():
                async with engine.begin() as connection:
                    return await self._append(connection, rows) if rows else 0

    @whole
    async def events_of(self, contact_id: str) -> tuple[dict[str, Any], ...]:
        """The events of a contact as they came in, oldest first."""
        query = select(EventRow.envelope).where(EventRow.contact_id == contact_id).order_by(EventRow.position)
        async with self.reading() as session:
            return tuple(json.loads(text) for text in await session.scalars(query))

    @whole
    async def latest(self, name: str, limit: int) -> tuple[dict[str, Any], ...]:
        """The last ``limit`` events of the type ``name``, oldest first."""
        query = select(EventRow.envelope).where(EventRow.type == name).order_by(EventRow.position.desc()).limit(limit)
        async with self.reading() as session:
            return tuple(json.loads(text) for text in reversed((await session.scalars(query)).all()))

    async def log(self, types: Sequence[str], since: float, until: float) -> AsyncIterator[dict[str, Any]]:
        """The events of ``types`` from ``since`` to ``until`` (Unix seconds) in the order they came in, read in
        batches: memory does not grow with the log.
        """
        first, last = (datetime.fromtimestamp(max(0.0, min(moment, MAX_TIME)), UTC) for moment in (since, until))
        position = 0
        while True:
            query = (
                select(EventRow.position, EventRow.envelope)
                .where(EventRow.position > position, EventRow.type.in_(types), EventRow.at.between(first, last))
                .order_by(EventRow.position)
                .limit(LOG_BATCH)
            )
            rows = await self._rows(query)
            for _, text in rows:
                yield json.loads(text)
            if len(rows) < LOG_BATCH:
                return
            position = rows[-1][0]

    @whole
    async def _rows(self, query: Select[int, str]) -> Sequence[tuple[int, str]]:
        async with self.reading() as session:
            return [(row.position, row.envelope) for row in await session.execute(query)]

    @whole
    async def summaries_between(self, since: float, until: float) -> tuple[ContactSummary, ...]:
        """The summaries of contacts that began from ``since`` to ``until`` (Unix seconds), in that order."""
        first, last = (datetime.fromtimestamp(max(0.0, min(moment, MAX_TIME)), UTC) for moment in (since, until))
        query = (
            select(SummaryRow.data)
            .join(ContactRow, ContactRow.contact_id == SummaryRow.contact_id)
            .where(ContactRow.started_at.between(first, last))
            .order_by(ContactRow.started_at)
        )
        async with self.reading() as session:
            return tuple(_SUMMARY.validate_json(text) for text in await session.scalars(query))

    async def find_customer(self, number: str) -> CustomerProfile | None:
        """The one customer who calls from ``number``; None where nobody or several do (see ``look_up``)."""
        return (await self.look_up(number)).customer

    async def look_up(self, number: str) -> CustomerFound:
        """Who calls from ``number`` (any notation), with all who might where that is not clear."""
        found = await self.candidates(number)
        if len(found) == 1:
            return CustomerFound(found[0], number)
        return CustomerFound(None, number, found)

    @whole
    async def candidates(self, number: str) -> tuple[CustomerProfile, ...]:
        """Everybody who has ``number`` (any notation), by name."""
        if not digits(number):
            return ()
        key = phone_key(number, self.region)
        async with self.reading() as session:
            found = await profiles(await session.connection(), CustomerRow.phone_key == key, self.zone)
        return tuple(found[index] for index in best_matches(number, [each.phone for each in found], self.region))

    @whole
    async def last_agent(self, customer_id: int | None, number: str = "") -> str:
        """The agent who had this customer last or, where nobody knows who it is (None), whoever called from ``number``,
        written as the line gives it; empty where there was none.
        """
        if customer_id is None and not digits(number):
            return ""  # withheld numbers are not one caller
        same = ContactRow.number == number if customer_id is None else ContactRow.customer_id == customer_id
        query = (
            select(ContactRow.agent).where(same, ContactRow.agent != "").order_by(ContactRow.ended_at.desc()).limit(1)
        )
        async with self.reading() as session:
            return (await session.scalars(query)).first() or ""

    @whole
    async def add_customers(self, customers: Iterable[CustomerProfile]) -> None:
        """Add customers with all they carry, under new ids; all of them or none."""
        async with self.writing() as session:
            session.add_all([customer_row(customer, self.region) for customer in customers])

    @whole
    async def record_contact(self, summary: ContactSummary) -> None:
        """Keep a contact that is over: itself, its summary, the customer's history and what was promised, to strangers
        too. A second draft of the same contact replaces the first; promises already kept stay, once.
        """
        async with self.writing() as session:
            known = summary.customer_id is not None and await session.get(CustomerRow, summary.customer_id) is not None
            customer_id = summary.customer_id if known else None
            await session.merge(contact_row(summary, customer_id))
            await session.merge(
                SummaryRow(
                    contact_id=summary.contact_id,
                    disposition=summary.disposition,
                    trajectory=summary.trajectory,
                    data=_SUMMARY.dump_json(summary).decode(),
                )
            )
            await session.execute(delete(PastContactRow).where(PastContactRow.contact_id == summary.contact_id))
            if customer_id is not None:
                session.add(past_row(summary, customer_id))
            hers = PromiseRow.contact_id == summary.contact_id
            await session.execute(delete(PromiseRow).where(hers, PromiseRow.kept.is_(False)))
            kept = set(await session.scalars(select(PromiseRow.text).where(hers)))
            session.add_all(row for row in promise_rows(summary, customer_id) if row.text not in kept)

    @whole
    async def summary_of(self, contact_id: str) -> ContactSummary | None:
        """The summary kept of a contact."""
        async with self.reading() as session:
            row = await session.get(SummaryRow, contact_id)
            return _SUMMARY.validate_json(row.data) if row is not None else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that writes; one at a time. Commits at the end; an error rolls everything back. What uses it
        is decorated with ``whole``. Raises StoreError.
        """
        async with self._writing, self._session(writing=True) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only reads. What uses it is decorated with ``whole``. Raises StoreError."""
        async with self._session(writing=False) as session:
            yield session

    @asynccontextmanager
    async def _session(self, *, writing: bool) -> AsyncIterator[AsyncSession]:
        engine = self._engine.execution_options(**{WRITING: writing})
        with refusing():
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session
