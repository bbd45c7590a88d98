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
    """``id``: ``promise-N`` or ``issue-N``; ``number``: whom to call; ``due_on``: a UTC day, None where none was named;
    ``agent``: who promised it, empty for an issue.
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
            select(PromiseRow, CustomerRow, ContactRow.agent)
            .join(CustomerRow, CustomerRow.id == PromiseRow.customer_id)
            .join(ContactRow, ContactRow.contact_id == PromiseRow.contact_id)
            .where(PromiseRow.kept.is_(False), or_(PromiseRow.due_on.is_(None), PromiseRow.due_on <= until))
            .order_by(PromiseRow.due_on.is_(None), PromiseRow.due_on, PromiseRow.id)
        )
        if agents is not None:
            promised = promised.where(ContactRow.agent.in_(agents))
        open_issues = (
            select(IssueRow, CustomerRow)
            .join(CustomerRow, CustomerRow.id == IssueRow.customer_id)
            .where(IssueRow.closed_at.is_(None))
            .order_by(IssueRow.opened_at, IssueRow.id)
        )
        async with self._store.reading() as session:
            found = [
                Task(f"promise-{row.id}", row.text, who.name, who.phone, row.due_on, agent, row.contact_id)
                for row, who, agent in await session.execute(promised)
            ]
            if issues:
                found += [
                    Task(f"issue-{row.id}", row.title, who.name, who.phone, None, "", "")
                    for row, who in await session.execute(open_issues)
                ]
            return tuple(found)

    @whole
    async def of_contact(self, contact_id: str) -> tuple[tuple[Task, bool], ...]:
        """What was promised in a contact, and whether it is done."""
        promised = (
            select(PromiseRow, CustomerRow)
            .join(CustomerRow, CustomerRow.id == PromiseRow.customer_id)
            .where(PromiseRow.contact_id == contact_id)
            .order_by(PromiseRow.id)
        )
        async with self._store.reading() as session:
            return tuple(
                (Task(f"promise-{row.id}", row.text, who.name, who.phone, row.due_on, "", contact_id), row.kept)
                for row, who in await session.execute(promised)
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
    async def open_issue(self, customer_id: int, title: str, at: float) -> None:
        """Something of a customer's is to be settled, since Unix second ``at``. Nothing for one who is not there."""
        async with self._store.writing() as session:
            if await session.get(CustomerRow, customer_id) is not None:
                opened = datetime.fromtimestamp(at, UTC)
                session.add(IssueRow(customer_id=customer_id, title=title, opened_at=opened, closed_at=None))
