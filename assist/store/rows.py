"""Between rows and what the engine knows: customers in, summaries in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from assist.history import CustomerProfile
from assist.store.numbers import phone_key
from assist.store.tables import ContactRow, CustomerRow, IssueRow, PastContactRow, PromiseRow
from assist.summary import ContactSummary


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


def _noon(on: date) -> datetime:
    """A moment that is on this day nearly everywhere."""
    return datetime.combine(on, time(12), UTC)


def event_values(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an event. ASCII: whatever a string holds can be stored."""
    return {
        "id": envelope["id"],
        "contact_id": envelope.get("contact_id"),
        "type": envelope["type"],
        "at": _moment(envelope["at"]),
        "envelope": json.dumps(envelope, separators=(",", ":")),
    }


def customer_row(customer: CustomerProfile, region: str) -> CustomerRow:
    """A new row, under an id of the database's choosing. ``region``: see ``numbers.e164``."""
    return CustomerRow(
        name=customer.name,
        preferred_name=customer.preferred_name,
        phone=customer.phone,
        phone_key=phone_key(customer.phone, region),
        since=customer.since,
        value=customer.value,
        style=customer.style,
        past_contacts=[
            PastContactRow(
                contact_id=past.contact_id, at=_noon(past.on), queue=past.queue, summary=past.summary,
                sentiment=past.sentiment, disposition=past.disposition,
            )
            for past in customer.past_contacts
        ],
        issues=[
            IssueRow(
                title=issue.title, opened_at=_noon(issue.opened_on),
                closed_at=None if issue.open else _noon(issue.opened_on),
            )
            for issue in customer.issues
        ],
        promises=[
            PromiseRow(
                contact_id="", text=promise.text, made_at=_noon(promise.made_on), due_on=promise.due_on,
                kept=promise.kept,
            )
            for promise in customer.promises
        ],
    )  # fmt: skip


def contact_row(summary: ContactSummary, customer_id: int | None) -> ContactRow:
    """The contact of a summary."""
    return ContactRow(
        contact_id=summary.contact_id,
        customer_id=customer_id,
        number=summary.number,
        queue=summary.queue,
        agent=summary.agent,
        reason=summary.reason,
        started_at=_moment(summary.started_at),
        ended_at=_moment(summary.ended_at),
    )


def past_row(summary: ContactSummary, customer_id: int) -> PastContactRow:
    """The contact as part of the customer's history."""
    return PastContactRow(
        customer_id=customer_id,
        contact_id=summary.contact_id,
        at=_moment(summary.started_at),
        queue=summary.queue,
        summary=summary.subject or summary.disposition.replace("_", " "),
        sentiment=summary.felt,
        disposition=summary.disposition,
    )


def promise_rows(summary: ContactSummary, customer_id: int | None) -> list[PromiseRow]:
    """What was promised in the contact, in the agent's own words."""
    return [
        PromiseRow(
            customer_id=customer_id,
            contact_id=summary.contact_id,
            text=f"“{promise.text}”",
            made_at=_moment(summary.started_at + promise.at_s),
            due_on=promise.due_on,
            kept=False,
        )
        for promise in summary.follow_ups
    ]
