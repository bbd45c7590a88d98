"""The customer base: brought in and kept up to date from outside, and all there is of one customer, out or erased."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from assist.store.belongings import her_contacts, known_contacts, recordings_of
from assist.store.numbers import best_matches, phone_key
from assist.store.profiles import profiles
from assist.store.store import Store
from assist.store.tables import ContactRow, CustomerRow, EventRow, IssueRow, PastContactRow, PromiseRow, SummaryRow
from assist.store.whole import whole


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer as the shop's own books have her. ``external_id``: their name for her, empty where they have none;
    ``style``: quick, caring or empty; ``since``: None where it is not known. ``open_issues``: what is open with her
    there (an outage, a late delivery); None where they do not say.
    """

    name: str
    phone: str
    external_id: str = ""
    preferred_name: str = ""
    since: date | None = None
    value: str = ""
    style: str = ""
    open_issues: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Belongings:
    """What there is of a customer: her contacts, how many events, and the paths of recordings the log names."""

    contacts: tuple[str, ...]
    events: int
    recordings: tuple[str, ...]


class CustomerBase:
    """The customers in a store. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def region(self) -> str:
        """The country of numbers that are written without one."""
        return self.store.region

    @whole
    async def bring_in(self, records: Sequence[CustomerRecord]) -> tuple[int, int]:
        """Add customers, or bring those up to date who are known by ``external_id``, else by number and name; all or
        none. Of issues that are not from our own contacts the books have the last word. Returns how many were added,
        and how many were known.
        """
        added = 0
        async with self.store.writing() as session:
            for record in records:
                row = await self._known(session, record)
                if row is None:
                    row, added = CustomerRow(style="", since=datetime.now(UTC).date()), added + 1
                    session.add(row)
                self._fill(row, record)
                await session.flush()
                if record.open_issues is not None:
                    await _bring_issues(session, row.id, record.open_issues)
        return added, len(records) - added

    async def _known(self, session: AsyncSession, record: CustomerRecord) -> CustomerRow | None:
        if record.external_id:
            query = select(CustomerRow).where(CustomerRow.external_id == record.external_id)
            return (await session.scalars(query)).first()
        region = self.store.region
        query = select(CustomerRow).where(
            CustomerRow.phone_key == phone_key(record.phone, region), CustomerRow.name == record.name,
            CustomerRow.external_id == "",
        )  # fmt: skip
        rows = (await session.scalars(query)).all()
        same = best_matches(record.phone, [row.phone for row in rows], region)
        return rows[same[0]] if same else None

    def _fill(self, row: CustomerRow, record: CustomerRecord) -> None:
        row.name, row.phone, row.external_id = record.name, record.phone, record.external_id
        row.phone_key = phone_key(record.phone, self.store.region)
        row.preferred_name, row.value = record.preferred_name or record.name, record.value
        row.style = record.style or row.style
        row.since = record.since or row.since

    @whole
    async def export(self, customer_id: int) -> dict[str, Any] | None:
        """All there is of a customer (GDPR article 15), as JSON values; None where there is no such customer."""
        async with self.store.reading() as session:
            row = await session.get(CustomerRow, customer_id)
            if row is None:
                return None
            (hers,) = await profiles(await session.connection(), CustomerRow.id == customer_id, self.store.zone)
            of_them = await her_contacts(session, row, self.region)
            contacts = (await session.scalars(select(ContactRow).where(ContactRow.contact_id.in_(of_them)))).all()
            summaries = (await session.scalars(select(SummaryRow).where(SummaryRow.contact_id.in_(of_them)))).all()
            query = select(EventRow.envelope).where(EventRow.contact_id.in_(of_them)).order_by(EventRow.position)
            events = [json.loads(text) for text in await session.scalars(query)]
        return {
            "customer": json.loads(json.dumps(asdict(hers), default=str)) | {"external_id": row.external_id},
            "contacts": [_contact(contact) for contact in contacts],
            "summaries": [json.loads(summary.data) for summary in summaries],
            "events": events,
        }

    @whole
    async def belongings(self, customer_id: int) -> Belongings | None:
        """What erasing her would take; None where there is no such customer."""
        async with self.store.reading() as session:
            row = await session.get(CustomerRow, customer_id)
            if row is None:
                return None
            contacts = await her_contacts(session, row, self.region)
            events = select(func.count()).select_from(EventRow).where(EventRow.contact_id.in_(contacts))
            return Belongings(
                contacts, (await session.execute(events)).scalar_one(), await recordings_of(session, contacts)
            )

    @whole
    async def erase(self, customer_id: int, hers: Belongings) -> None:
        """Erase a customer (GDPR article 17): herself, her history, and ``hers`` with what has come to it since."""
        async with self.store.writing() as session:
            contacts = {*hers.contacts, *await known_contacts(session, customer_id)}
            for table in (EventRow, PromiseRow, IssueRow, PastContactRow, SummaryRow, ContactRow):
                await session.execute(delete(table).where(table.contact_id.in_(contacts)))
            await session.execute(delete(CustomerRow).where(CustomerRow.id == customer_id))
        await self.store.fold()


async def _bring_issues(session: AsyncSession, customer_id: int, titles: Sequence[str]) -> None:
    """Open those we do not have, close those that are not open any more."""
    theirs = IssueRow.customer_id == customer_id, IssueRow.contact_id == "", IssueRow.closed_at.is_(None)
    known = {issue.title: issue for issue in await session.scalars(select(IssueRow).where(*theirs))}
    now = datetime.now(UTC)
    for title, issue in known.items():
        if title not in titles:
            issue.closed_at = now
    for title in dict.fromkeys(titles):
        if title not in known:
            session.add(IssueRow(customer_id=customer_id, title=title, opened_at=now, closed_at=None))


def _contact(row: ContactRow) -> dict[str, Any]:
    return {
        "contact_id": row.contact_id, "number": row.number, "queue": row.queue, "agent": row.agent,
        "reason": row.reason, "started_at": row.started_at.isoformat(), "ended_at": row.ended_at.isoformat(),
    }  # fmt: skip
