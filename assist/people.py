"""Accounts made, changed and removed, and the first start, which has nobody to let in yet."""

from __future__ import annotations

import re

from assist.passwords import hashed, made_up
from assist.store.store import Store
from assist.store.users import ROLES, Account, Role, Users
from voice.errors import CallfloorError

FIRST_ADMIN = "admin"
_USER = re.compile(r"[a-z0-9._-]{1,32}")
LONGEST_NAME = 64


class PeopleError(CallfloorError):
    """The account cannot be made or changed so; the reason says why."""


def new_account(user: str, name: str, role: str, password: str | None) -> tuple[Account, str]:
    """An account, and its password; without one, it gets one that is good for a single use. Takes some 50 ms.

    Raises PeopleError, WeakPasswordError.
    """
    if not _USER.fullmatch(user):
        raise PeopleError(f"{user!r} is no user name: 1 to 32 of a-z, 0-9, dot, dash, underscore")
    known_role(role)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise PeopleError(f"a name has 1 to {LONGEST_NAME} characters that can be seen")
    given = password or made_up()
    return Account(user, name, role, hashed(given), one_time=password is None), given


def known_role(role: str) -> Role:
    """``role``, if it is one. Raises PeopleError."""
    for known in ROLES:
        if role == known:
            return known
    raise PeopleError(f"{role!r} is no role: one of {', '.join(ROLES)}")


async def first_admin(store: Store) -> str | None:
    """Where there is no administrator yet: make the first and return her one-time password, told once."""
    users = Users(store)
    if any(account.role == "admin" for account in await users.everybody()):
        return None
    account, password = new_account(FIRST_ADMIN, "Administrator", "admin", None)
    return password if await users.add(account) else None
