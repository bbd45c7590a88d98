"""Who is at the page: logins, rate limited, and signed short-lived tokens (HMAC-SHA256, RFC 2104).

A token is ``payload.signature``, both base64url without padding (RFC 4648 section 5); the payload is JSON with ``sub``
(user), ``role``, ``exp`` and ``auth`` (Unix seconds: until when, and of the login), ``epoch`` (of the password) and
``chg`` (good for choosing a password, no more). It is signed, not encrypted, and holds nothing secret.

People are the agents of the settings, who log in with their secret as their stations do, and the accounts of the store
(``callfloor users``). An agent may have an account too: a password of her own for the page. What she is then is still
what the settings say.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from assist.limits import FailureWindow, source
from assist.passwords import PasswordCheck
from assist.store.errors import StoreError
from assist.store.users import Account
from voice.clock import Clock
from voice.errors import CallfloorError, DocumentError
from voice.rundir import made_once
from voice.settings import AgentSettings

TOKEN_S = 30 * 60
LOGIN_S = 12 * 3600
"""A token is renewed for this long after the login, which is longer than a shift."""
MAX_FAILURES = 5
MAX_FAILURES_FROM = 20
"""From one address: behind it may be a whole shift, at a terminal server or a NAT."""
KEY_BYTES = 32


class LoginRefusedError(CallfloorError):
    """User or secret is wrong (which of them is not said)."""


class TooManyLoginsError(CallfloorError):
    """Too many failures of this user or from this address; try again after ``retry_after_s`` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many attempts, try again in {retry_after_s:.0f} s")


class TokenError(CallfloorError):
    """The token is malformed, forged, expired, or of somebody who is no longer here."""


class AccountsUnavailableError(CallfloorError):
    """The store that knows the accounts does not answer."""


class Accounts(Protocol):
    """Where the accounts are that the settings do not name."""

    async def account(self, user: str) -> Account | None:
        """The account of ``user``. Raises StoreError."""


class NoAccounts:
    """Only the agents of the settings log in."""

    async def account(self, user: str) -> Account | None:
        """Nobody."""
        return None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for. ``expires``, ``since`` (the login): Unix seconds. ``must_change``: she may choose a
    password and do nothing else before. ``epoch``: of her password, 0 without one.
    """

    user: str
    name: str
    role: str
    expires: float
    since: float = 0.0
    must_change: bool = False
    epoch: int = 0


class Security:
    """Checks logins against ``[[agent]]`` of the settings and ``accounts``; signs tokens with ``key`` (32 bytes)."""

    def __init__(
        self, agents: Iterable[AgentSettings], key: bytes, clock: Clock, accounts: Accounts | None = None, *,
        token_s: float = TOKEN_S,
    ) -> None:  # fmt: skip
        if len(key) < KEY_BYTES:
            raise ValueError(f"a signing key has at least {KEY_BYTES} bytes, this one {len(key)}")
        self._agents = {agent.user: agent for agent in agents}
        self._key = key
        self._clock = clock
        self._accounts = accounts or NoAccounts()
        self._check = PasswordCheck()
        self._token_s = token_s
        self._changed: dict[str, asyncio.Event] = {}
        self._of_user = FailureWindow(clock, MAX_FAILURES)
        self._from = FailureWindow(clock, MAX_FAILURES_FROM)
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def login(self, user: str, secret: str, address: str) -> tuple[str, Identity]:
        """A token for ``user``. ``address``: where the attempt comes from.

        Raises TooManyLoginsError before the secret is even looked at, LoginRefusedError, AccountsUnavailableError.
        """
        address = source(address)
        line = self._lines.setdefault(address, asyncio.Lock())
        async with line:  # one address is heard once at a time: so its failures count, and a shift that begins does not
            if wait := max(self._of_user.retry_after(user), self._from.retry_after(address)):
                raise TooManyLoginsError(wait)
            self._of_user.failed(user)  # until proven otherwise: those who try from everywhere at once are counted, too
            agent, account = self._agents.get(user), await self._account(user)
            # An unknown user is compared too, so that the time taken does not tell who exists.
            expected = agent.secret if agent is not None else secrets.token_urlsafe(16)
            by_secret = hmac.compare_digest(expected.encode(), secret.encode()) and agent is not None
            right = by_secret or await self._check.right(account.password_hash if account else None, secret)
            if not right or (account is not None and account.disabled):
                self._from.failed(address)
                raise LoginRefusedError("user or secret is wrong")
            self._of_user.forgiven(user)
        identity = self._identity(user, account)
        return self._issued(replace(identity, must_change=not by_secret and account is not None and account.one_time))

    async def vouched_for(self, user: str) -> tuple[str, Identity]:
        """A token for somebody whom the identity provider vouches for. Raises LoginRefusedError for one who is not
        known here, or shut out, and AccountsUnavailableError.
        """
        account = await self._account(user)
        if (user not in self._agents and account is None) or (account is not None and account.disabled):
            raise LoginRefusedError(f"{user} is not let in here")
        return self._issued(self._identity(user, account))

    def issue(self, user: str) -> tuple[str, Identity]:
        """A fresh token for an agent of the settings who has no account. Raises KeyError for anybody else."""
        agent = self._agents[user]
        return self._issued(Identity(user, agent.name, agent.role, 0.0, self._clock.wall()))

    def renewed(self, identity: Identity) -> tuple[str, Identity]:
        """A fresh token for somebody who has one. Raises TokenError where the login is too long ago."""
        self.still_logged_in(identity)
        return self._issued(identity)

    def still_logged_in(self, identity: Identity) -> None:
        """Raises TokenError where the login is too long ago."""
        if self._clock.wall() >= identity.since + LOGIN_S:
            raise TokenError("the login is too long ago")

    def named_in_settings(self, user: str) -> bool:
        """Whether ``user`` is an agent of the settings."""
        return user in self._agents

    async def identify(self, token: str) -> Identity:
        """Who the token speaks for. Raises TokenError, AccountsUnavailableError."""
        claimed = self._claimed(token)
        if claimed.expires <= self._clock.wall():
            raise TokenError("the token has expired")
        known = self._identity(claimed.user, await self._standing(claimed))
        return replace(claimed, name=known.name, role=known.role)

    async def at_work(self, token: str) -> Identity:
        """Who the token speaks for, if she has a desk: an agent or supervisor of the settings. Raises as identify."""
        identity = await self.identify(token)
        if identity.must_change or identity.user not in self._agents:
            raise TokenError(f"{identity.user} has no desk here")
        return identity

    async def still_here(self, identity: Identity) -> None:
        """Whether somebody let in before, on a connection that stays open, may stay: her token's time does not matter
        there, her account does. Raises TokenError where not, AccountsUnavailableError.
        """
        await self._standing(identity)

    def changed(self, user: str) -> None:
        """Something of ``user``'s account was changed: who watches her connections looks again."""
        waiting, self._changed[user] = self._changed.get(user), asyncio.Event()
        if waiting is not None:
            waiting.set()

    def change_of(self, user: str) -> asyncio.Event:
        """Set at the next ``changed`` of ``user``."""
        return self._changed.setdefault(user, asyncio.Event())

    async def _standing(self, claimed: Identity) -> Account | None:
        """The account that she logged in with, None for an agent of the settings who has none. An agent of the settings
        may work while the store does not answer. Raises TokenError where it is not as it was, AccountsUnavailableError.
        """
        try:
            account = await self._stored(claimed.user)
        except AccountsUnavailableError:
            if claimed.user not in self._agents:
                raise
            return None
        if account is None and claimed.user not in self._agents:
            raise TokenError(f"{claimed.user} is no longer here")
        if account is not None and account.disabled:
            raise TokenError(f"{claimed.user} is shut out")
        if claimed.epoch != (account.epoch if account is not None else 0):
            raise TokenError("the password has been changed or taken away since")
        return account

    async def _account(self, user: str) -> Account | None:
        """An agent of the settings may log in while the store does not answer. Raises AccountsUnavailableError."""
        try:
            return await self._stored(user)
        except AccountsUnavailableError:
            if user not in self._agents:
                raise
            return None

    async def _stored(self, user: str) -> Account | None:
        try:
            return await self._accounts.account(user)
        except StoreError as error:
            raise AccountsUnavailableError(f"accounts cannot be read: {error}") from None

    def _identity(self, user: str, account: Account | None) -> Identity:
        """Of somebody who is known: the settings come first."""
        agent = self._agents.get(user)
        name, role = (agent.name, agent.role) if agent is not None else ("", "")
        if agent is None and account is not None:
            name, role = account.name, account.role
        return Identity(user, name, role, 0.0, self._clock.wall(), epoch=account.epoch if account else 0)

    def _issued(self, identity: Identity) -> tuple[str, Identity]:
        identity = replace(identity, expires=self._clock.wall() + self._token_s)
        claims = {
            "sub": identity.user, "role": identity.role, "exp": identity.expires, "auth": identity.since,
            "epoch": identity.epoch, "chg": identity.must_change,
        }  # fmt: skip
        payload = _encode(json.dumps(claims).encode())
        return f"{payload}.{self._sign(payload)}", identity

    def _claimed(self, token: str) -> Identity:
        payload, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(payload).encode(), signature.encode()):
            raise TokenError("the token is not one of ours")
        try:
            claims = json.loads(_decode(payload))
            expires, since, epoch = float(claims["exp"]), float(claims["auth"]), int(claims["epoch"])
            return Identity(str(claims["sub"]), "", str(claims["role"]), expires, since, bool(claims["chg"]), epoch)
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise TokenError("the token is malformed") from None

    def _sign(self, payload: str) -> str:
        return _encode(hmac.digest(self._key, payload.encode(), "sha256"))


def signing_key(file: Path) -> bytes:
    """The key in ``file``, made (mode 0600, whole or not at all) where there is none. Raises DocumentError for one that
    is too short, or that others can read: they could be anybody.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, mode = made_once(file, secrets.token_bytes(KEY_BYTES)), file.stat().st_mode
    except OSError as error:
        raise DocumentError(
            file, None, f"no key can be read or made ({error.strerror})", "mend the directory"
        ) from None
    if mode & 0o077:
        raise DocumentError(file, None, "others can read the key that tokens are signed with", f"chmod 600 {file}")
    if len(key) < KEY_BYTES:
        what = f"a signing key has {KEY_BYTES} bytes, this file {len(key)}"
        raise DocumentError(file, None, what, "remove it: everybody logs in again")
    return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
