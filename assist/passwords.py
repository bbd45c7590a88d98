"""Passwords: argon2id (RFC 9106), never kept in the clear; length is what counts (NIST SP 800-63B section 5.1.1)."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from voice.errors import CallfloorError

SHORTEST = 10
LONGEST = 128
AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and some 50 ms of a core."""
_HASHER = PasswordHasher()  # the library's defaults are RFC 9106's second choice: 64 MiB, three passes
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


class WeakPasswordError(CallfloorError):
    """The password is too short or too long."""


def made_up() -> str:
    """A password for one use: 80 random bits in letters and digits that are not mistaken for each other."""
    letters = "23456789abcdefghijkmnpqrstuvwxyz"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def hashed(password: str) -> str:
    """The password as a PHC string. Takes some 50 ms. Raises WeakPasswordError."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(f"a password has {SHORTEST} to {LONGEST} characters")
    return _HASHER.hash(password)


class PasswordCheck:
    """Verifies passwords in threads, few at once. Belongs to one event loop."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def right(self, password_hash: str | None, password: str) -> bool:
        """Whether ``password`` is the one. None (nobody has one) takes as long as a wrong one."""
        async with self._free:
            return await asyncio.to_thread(_right, password_hash, password)


def _right(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False
