"""Which contacts are a customer's, whoever had them and however they ended: for giving out all there is of her, and for
erasing it.

Hers are those she was known in; and, while she alone has her number, those that came from it before anybody knew whose
it was, also such as ended before an agent had them (voicemail, self-service), which only the log knows. Of
contacts from a number that several customers share nobody can say whose they are: they are nobody's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assist.messages_left import MessageKept
from assist.store.numbers import phone_key, same_number
from assist.store.tables import ContactRow, CustomerRow, EventRow, IssueRow, PastContactRow, PromiseRow
from ivr.contacts import ContactClosed, ContactEnded, ContactOffered

_NAMING_RECORDINGS = (ContactClosed.type, MessageKept.type)
_SHORTEST = 6
"""Digits that every way of writing a number ends with."""


async def known_contacts(session: AsyncSession, customer_id: int) -> set[str]:
    """The contacts she was known in, as far as anything of them is kept."""
    found: set[str] = set()
    for table in (ContactRow, PastContactRow, PromiseRow, IssueRow):
        found |= set(await session.scalars(select(table.contact_id).where(table.customer_id == customer_id)))
    return found - {""}


async def her_contacts(session: AsyncSession, customer: CustomerRow, region: str) -> tuple[str, ...]:
    """All that are hers. Reads through the log, of which a large house has gigabytes."""
    found = await known_contacts(session, customer.id)
    if phone_key(customer.phone, region) and not await _shared(session, customer, region):
        found |= await _from_her_number(session, customer, region)
    return tuple(sorted(found))


async def recordings_of(session: AsyncSession, contacts: Sequence[str]) -> tuple[str, ...]:
    """The paths of recordings that the log names of these contacts."""
    query = select(EventRow.envelope).where(EventRow.contact_id.in_(contacts), EventRow.type.in_(_NAMING_RECORDINGS))
    paths = (json.loads(text)["data"].get("recording") for text in await session.scalars(query))
    return tuple(dict.fromkeys(path for path in paths if isinstance(path, str) and path))


async def _shared(session: AsyncSession, customer: CustomerRow, region: str) -> bool:
    key = phone_key(customer.phone, region)
    others = select(CustomerRow.phone).where(CustomerRow.phone_key == key, CustomerRow.id != customer.id)
    return any(same_number(customer.phone, phone, region) for phone in await session.scalars(others))


async def _from_her_number(session: AsyncSession, customer: CustomerRow, region: str) -> set[str]:
    like = f"%{phone_key(customer.phone, region)[-_SHORTEST:]}"  # what that finds too many is left out below
    unknown = ContactRow.customer_id.is_(None), ContactRow.number.like(like)
    kept = (await session.execute(select(ContactRow.contact_id, ContactRow.number).where(*unknown))).all()
    ended = select(EventRow.contact_id).where(EventRow.type == ContactEnded.type)
    offered = select(EventRow.contact_id, EventRow.envelope).where(
        EventRow.type == ContactOffered.type, EventRow.envelope.like(f'{like}"%'), EventRow.contact_id.in_(ended)
    )
    logged = [(row.contact_id, _caller(row.envelope)) for row in await session.execute(offered)]
    hers = {contact for contact, number in (*kept, *logged) if same_number(customer.phone, number, region)}
    whose = select(ContactRow.contact_id).where(
        ContactRow.contact_id.in_(hers), ContactRow.customer_id.is_not(None), ContactRow.customer_id != customer.id
    )
    return hers - set(await session.scalars(whose))


def _caller(envelope: str) -> str:
    return str(json.loads(envelope)["data"].get("caller", ""))
