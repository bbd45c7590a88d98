"""The tables as they are now; how they came to be is in ``migrations``. Every time is UTC; one without a zone is
refused.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Double, ForeignKey, Integer, Text, TypeDecorator, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

POSITION = BigInteger().with_variant(Integer, "sqlite")
"""A log's own order; SQLite counts by itself only in what it calls INTEGER, which has 64 bits there."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite itself knows no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC without its zone. Raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Base(DeclarativeBase):
    """Base of all tables."""


class CustomerRow(Base):
    """``phone_key``: the last nine digits of ``phone``, by which callers are looked up. ``external_id``: what the
    shop's own books call her, so that an import knows her again; empty where they do not.
    """

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    preferred_name: Mapped[str]
    phone: Mapped[str]
    phone_key: Mapped[str] = mapped_column(index=True)
    external_id: Mapped[str] = mapped_column(index=True, default="", server_default="")
    since: Mapped[date]
    value: Mapped[str]
    style: Mapped[str]
    past_contacts: Mapped[list[PastContactRow]] = relationship(cascade="all, delete-orphan")
    issues: Mapped[list[IssueRow]] = relationship(cascade="all, delete-orphan")
    promises: Mapped[list[PromiseRow]] = relationship(cascade="all, delete-orphan")


class PastContactRow(Base):
    """What a customer's earlier contact came to. ``sentiment``: negative, neutral or positive."""

    __tablename__ = "past_contacts"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    queue: Mapped[str]
    summary: Mapped[str] = mapped_column(Text)
    sentiment: Mapped[str]
    disposition: Mapped[str]


class IssueRow(Base):
    """Something to settle; open until ``closed_at``. ``contact_id``: where it came up, empty where that was not with
    us; ``number``: whom to call where nobody knows the customer (``customer_id`` None).
    """

    __tablename__ = "issues"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contact_id: Mapped[str] = mapped_column(default="", server_default="")
    number: Mapped[str] = mapped_column(default="", server_default="")


class PromiseRow(Base):
    """What we said we would do. ``contact_id`` is empty where it was not recorded by callfloor; ``customer_id`` is None
    where it was promised to somebody we do not know: the contact has the number.
    """

    __tablename__ = "promises"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[str] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date | None]
    kept: Mapped[bool]


class ContactRow(Base):
    """One contact that is over."""

    __tablename__ = "contacts"
    contact_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"), index=True)
    number: Mapped[str] = mapped_column(index=True)
    queue: Mapped[str]
    agent: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SummaryRow(Base):
    """The summary of a contact: ``data`` is the whole ``ContactSummary`` as JSON."""

    __tablename__ = "summaries"
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.contact_id", ondelete="CASCADE"), primary_key=True)
    disposition: Mapped[str]
    trajectory: Mapped[float] = mapped_column(Double)
    data: Mapped[str] = mapped_column(Text)


class EventRow(Base):
    """The event log: only added to (a trigger refuses changes), until retention takes it. ``position`` is the order of
    arrival, ``envelope`` the JSON as it came.
    """

    __tablename__ = "events"
    position: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    contact_id: Mapped[str | None] = mapped_column(index=True)
    type: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    envelope: Mapped[str] = mapped_column(Text)


class BookmarkRow(Base):
    """How far the reader ``name`` of the event log has come: the ``position`` up to which it is done."""

    __tablename__ = "bookmarks"
    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(POSITION)


class IntervalRow(Base):
    """Sums of the measures by interval of 15 minutes, queue and agent; see ``assist.store.ledger``."""

    __tablename__ = "intervals"
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(primary_key=True)
    sums: Mapped[str] = mapped_column(Text)


class UserRow(Base):
    """Somebody who may log in, beside the agents of the settings; or such an agent's own password for the page.

    ``password_hash``: argon2id, PHC string. ``one_time``: good for nothing but choosing another one. ``epoch`` rises
    with each new password: tokens of an older one are worthless. ``disabled``: let in nowhere until that is taken back,
    an agent of the settings no less.
    """

    __tablename__ = "users"
    user: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    one_time: Mapped[bool]
    epoch: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled: Mapped[bool] = mapped_column(server_default=false())


class AuditRow(Base):
    """Who did what to whose data: only added to, as the event log is. ``subject``: a contact, a customer, a user."""

    __tablename__ = "audit"
    position: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[str] = mapped_column(Text)
    address: Mapped[str]
