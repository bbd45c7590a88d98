"""What is still to be done for customers: calls and mails that agents promised, and what surveys found wanting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import or_, select

from assist.store.store import Store
from assist.store.tables import ContactRow, CustomerRow, IssueRow, PromiseRow
from assist.store.whole import whole


@dataclass(frozen=True, slots=True)
class Task:
    """``id``: ``promise-N`` or ``issue-N``; ``number``: whom to call; ``due_on``: the house's day, None where none was
    named; ``agent``: who promised it, empty for an issue; ``customer``: empty for a caller whom nobody knows.
    """

    id: str
    text: str
    customer: str
    number: str
    due_on: date | None
    agent: str
    contact_id: str


class Tasks:
    """Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @whole
    async def due(self, until: date, agents: Sequence[str] | None, *, issues: bool) -> tuple[Task, ...]:
        """Promises not kept that are due by ``until`` or have no day, the longest due first; ``agents``: made by these
        (None: by anybody). ``issues``: open issues after them.
        """
        promised = (
            select(PromiseRow, CustomerRow, ContactRow)
            .outerjoin(CustomerRow, CustomerRow.id == PromiseRow.customer_id)
            .join(ContactRow, ContactRow.contact_id == PromiseRow.contact_id)
            .where(PromiseRow.kept.is_(False), or_(PromiseRow.due_on.is_(None), PromiseRow.due_on <= until))
            .order_by(PromiseRow.due_on.is_(None), PromiseRow.due_on, PromiseRow.id)
        )
        if agents is not None:
            promised = promised.where(ContactRow.agent.in_(agents))
        open_issues = (
            select(IssueRow, CustomerRow)
            .outerjoin(CustomerRow, CustomerRow.id == IssueRow.customer_id)
            .where(IssueRow.closed_at.is_(None))
            .order_by(IssueRow.opened_at, IssueRow.id)
        )
        async with self._store.reading() as session:
            found = [_promised(row, who, contact) for row, who, contact in await session.execute(promised)]
            if issues:
                found += [
                    Task(f"issue-{row.id}", row.title, *_whom(who, row.number), None, "", row.contact_id)
                    for row, who in await session.execute(open_issues)
                ]
            return tuple(found)

    @whole
    async def of_contact(self, contact_id: str) -> tuple[tuple[Task, bool], ...]:
        """What was promised in a contact, and whether it is done."""
        promised = (
            select(PromiseRow, CustomerRow, ContactRow)
            .outerjoin(CustomerRow, CustomerRow.id == PromiseRow.customer_id)
            .join(ContactRow, ContactRow.contact_id == PromiseRow.contact_id)
            .where(PromiseRow.contact_id == contact_id)
            .order_by(PromiseRow.id)
        )
        async with self._store.reading() as session:
            return tuple(
                (_promised(row, who, contact), row.kept) for row, who, contact in await session.execute(promised)
            )

    @whole
    async def done(self, task_id: str, at: float, agents: Sequence[str] | None, *, issues: bool) -> bool:
        """It is done at Unix second ``at``; False for a task that is not there, or not among those of ``due``."""
        kind, _, number = task_id.partition("-")
        if kind not in ("promise", "issue") or not number.isdecimal() or (kind == "issue" and not issues):
            return False
        async with self._store.writing() as session:
            if kind == "issue":
                issue = await session.get(IssueRow, int(number))
                if issue is None or issue.closed_at is not None:
                    return False
                issue.closed_at = datetime.fromtimestamp(at, UTC)
                return True
            promise = await session.get(PromiseRow, int(number))
            contact = await session.get(ContactRow, promise.contact_id) if promise is not None else None
            if (
                promise is None
                or contact is None
                or promise.kept
                or (agents is not None and contact.agent not in agents)
            ):
                return False
            promise.kept = True
            return True

    @whole
    async def open_issue(self, customer_id: int | None, title: str, at: float, contact_id: str, number: str) -> None:
        """Something that came up in a contact is to be settled, since Unix second ``at``; for whoever has ``number``
        where the customer is not known (any more). The same of the same contact is one.
        """
        same = select(IssueRow.id).where(IssueRow.contact_id == contact_id, IssueRow.title == title)
        async with self._store.writing() as session:
            if contact_id and (await session.scalars(same)).first() is not None:
                return
            known = customer_id is not None and await session.get(CustomerRow, customer_id) is not None
            session.add(
                IssueRow(
                    customer_id=customer_id if known else None, title=title, opened_at=datetime.fromtimestamp(at, UTC),
                    closed_at=None, contact_id=contact_id, number=number,
                )
            )  # fmt: skip


def _promised(row: PromiseRow, who: CustomerRow | None, contact: ContactRow) -> Task:
    called = _whom(who, contact.number)
    return Task(f"promise-{row.id}", row.text, *called, row.due_on, contact.agent, row.contact_id)


def _whom(who: CustomerRow | None, number: str) -> tuple[str, str]:
    """Name and number; of a caller whom nobody knows the number that called."""
    return (who.name, who.phone) if who is not None else ("", number)
