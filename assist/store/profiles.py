"""Customers with all they carry, past the ORM and in two statements: a phone is ringing meanwhile."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    FromClause,
    Row,
    Text,
    bindparam,
    cast,
    false,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from assist.history import CustomerProfile, Issue, PastContact, PromiseMade
from assist.store.tables import CustomerRow, IssueRow, PastContactRow, PromiseRow

_PAST, _ISSUE, _PROMISE = "past", "issue", "promise"
_COLUMNS = ("kind", "id", "customer_id", "at", "text", "contact_id", "queue", "sentiment", "disposition", "due_on",
            "done")  # fmt: skip


def _carried(kind: str, table: FromClause, **columns: ColumnElement[Any]) -> Any:
    """One kind of what customers carry, in the columns that all kinds share."""
    nothing = literal("", Text)
    shared = {
        "id": table.c.id, "customer_id": table.c.customer_id, "contact_id": nothing, "queue": nothing,
        "sentiment": nothing, "disposition": nothing, "due_on": cast(null(), Date), "done": false(),
    }  # fmt: skip
    named = {"kind": literal(kind, Text), **shared, **columns}
    return select(*(named[name].label(name) for name in _COLUMNS)).where(
        table.c.customer_id.in_(bindparam("customers", expanding=True))
    )


def _all_carried() -> CompoundSelect[Any]:
    past, issues, promises = PastContactRow.__table__, IssueRow.__table__, PromiseRow.__table__
    return union_all(
        _carried(
            _PAST, past, at=past.c.at, text=past.c.summary, contact_id=past.c.contact_id, queue=past.c.queue,
            sentiment=past.c.sentiment, disposition=past.c.disposition,
        ),
        _carried(_ISSUE, issues, at=issues.c.opened_at, text=issues.c.title, done=issues.c.closed_at.is_not(None)),
        _carried(
            _PROMISE, promises, at=promises.c.made_at, text=promises.c.text, due_on=promises.c.due_on,
            done=promises.c.kept,
        ),
    )  # fmt: skip


_CARRIED = _all_carried()
_CUSTOMERS = select(CustomerRow.__table__)


async def profiles(connection: AsyncConnection, which: ColumnElement[bool], zone: tzinfo) -> list[CustomerProfile]:
    """The customers of whom ``which`` (of ``CustomerRow``) is true, by name; the latest of what each carries first, on
    its day in ``zone``.
    """
    customers = (await connection.execute(_CUSTOMERS.where(which).order_by(CustomerRow.name))).all()
    if not customers:
        return []
    found = await connection.execute(_CARRIED, {"customers": [customer.id for customer in customers]})
    latest_first = sorted(found.all(), key=lambda row: (row.at, row.id), reverse=True)
    carried: dict[tuple[int, str], list[Row[Any]]] = {}
    for row in latest_first:
        carried.setdefault((row.customer_id, row.kind), []).append(row)
    return [_profile(customer, carried, zone) for customer in customers]


def _profile(customer: Row[Any], carried: dict[tuple[int, str], list[Row[Any]]], zone: tzinfo) -> CustomerProfile:
    def hers(kind: str) -> list[Row[Any]]:
        return carried.get((customer.id, kind), [])

    def day(row: Row[Any]) -> date:
        on: date = row.at.astimezone(zone).date()
        return on

    return CustomerProfile(
        customer_id=customer.id,
        name=customer.name,
        preferred_name=customer.preferred_name,
        phone=customer.phone,
        since=customer.since,
        value=customer.value,
        style=customer.style,
        past_contacts=tuple(
            PastContact(
                past.contact_id,
                day(past),
                past.queue,
                past.text,
                past.sentiment,
                past.disposition,
            )
            for past in hers(_PAST)
        ),
        issues=tuple(Issue(issue.id, issue.text, day(issue), not issue.done) for issue in hers(_ISSUE)),
        promises=tuple(
            PromiseMade(promise.id, promise.text, day(promise), promise.due_on, promise.done)
            for promise in hers(_PROMISE)
        ),
    )
