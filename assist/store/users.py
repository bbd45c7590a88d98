"""The people who may log in, as the store keeps them, and the audit of what was done to whose data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import delete, select

from assist.store.store import MAX_TIME, Store
from assist.store.tables import AuditRow, UserRow
from assist.store.whole import whole

Role = Literal["agent", "supervisor", "admin", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in; see ``tables.UserRow``."""

    user: str
    name: str
    role: str
    password_hash: str
    one_time: bool = False
    epoch: int = 1
    disabled: bool = False


class Users:
    """The accounts in a store. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @whole
    async def account(self, user: str) -> Account | None:
        """The account of ``user``."""
        async with self._store.reading() as session:
            row = await session.get(UserRow, user)
            return _account(row) if row is not None else None

    @whole
    async def everybody(self) -> tuple[Account, ...]:
        """All accounts, by user."""
        async with self._store.reading() as session:
            return tuple(_account(row) for row in await session.scalars(select(UserRow).order_by(UserRow.user)))

    @whole
    async def add(self, account: Account) -> bool:
        """Add an account; False where there is one of this user already, which stays as it is."""
        async with self._store.writing() as session:
            if await session.get(UserRow, account.user) is not None:
                return False
            session.add(
                UserRow(
                    user=account.user, name=account.name, role=account.role, password_hash=account.password_hash,
                    one_time=account.one_time, epoch=account.epoch, created_at=datetime.now(UTC),
                    disabled=account.disabled,
                )
            )  # fmt: skip
            return True

    @whole
    async def set_password(self, user: str, password_hash: str, *, one_time: bool = False) -> bool:
        """Give ``user`` another password; tokens of the old one end. False where there is no such account."""
        async with self._store.writing() as session:
            row = await session.get(UserRow, user)
            if row is None:
                return False
            row.password_hash, row.one_time, row.epoch = password_hash, one_time, row.epoch + 1
            return True

    @whole
    async def set_disabled(self, user: str, disabled: bool) -> bool:
        """Shut ``user`` out, or let her in again; tokens of before end. False where there is no such account."""
        async with self._store.writing() as session:
            row = await session.get(UserRow, user)
            if row is None:
                return False
            row.disabled, row.epoch = disabled, row.epoch + 1
            return True

    @whole
    async def set_role(self, user: str, role: Role) -> bool:
        """From now on ``user`` may do what ``role`` may. False where there is no such account."""
        async with self._store.writing() as session:
            row = await session.get(UserRow, user)
            if row is None:
                return False
            row.role = role
            return True

    @whole
    async def remove(self, user: str) -> bool:
        """Remove an account; its tokens end. False where there is none."""
        async with self._store.writing() as session:
            gone = await session.execute(delete(UserRow).where(UserRow.user == user).returning(UserRow.user))
            return gone.first() is not None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """``user`` in ``role`` did ``action`` (read, listen, export, erase ...) to ``subject``. ``at``: Unix seconds;
    ``address``: where from, or ``shell`` for the command line.
    """

    at: float
    user: str
    role: str
    action: str
    subject: str = ""
    detail: str = ""
    address: str = ""


class Audit:
    """Who did what to whose data: only added to. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @whole
    async def record(self, *entries: AuditEntry) -> None:
        """Add entries."""
        async with self._store.writing() as session:
            session.add_all([_audit_row(entry) for entry in entries])

    @whole
    async def entries(
        self, *, user: str = "", subject: str = "", action: str = "", since: float = 0.0, until: float = MAX_TIME,
        before: int | None = None, limit: int = 100,
    ) -> Sequence[tuple[int, AuditEntry]]:  # fmt: skip
        """The newest first, each with its position; ``before`` continues from one. From ``since`` to ``until``, Unix
        seconds.
        """
        query = select(AuditRow).order_by(AuditRow.position.desc()).limit(limit)
        if user:
            query = query.where(AuditRow.user == user)
        if subject:
            query = query.where(AuditRow.subject == subject)
        if action:
            query = query.where(AuditRow.action == action)
        if since > 0.0 or until < MAX_TIME:
            first, last = (datetime.fromtimestamp(moment, UTC) for moment in (since, until))
            query = query.where(AuditRow.at.between(first, last))
        if before is not None:
            query = query.where(AuditRow.position < before)
        async with self._store.reading() as session:
            return [(row.position, _entry(row)) for row in await session.scalars(query)]


def _account(row: UserRow) -> Account:
    return Account(row.user, row.name, row.role, row.password_hash, row.one_time, row.epoch, row.disabled)


def _audit_row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        at=datetime.fromtimestamp(entry.at, UTC), user=entry.user, role=entry.role, action=entry.action,
        subject=entry.subject, detail=entry.detail, address=entry.address,
    )  # fmt: skip


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.at.timestamp(), row.user, row.role, row.action, row.subject, row.detail, row.address)
