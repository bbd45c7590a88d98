"""Who is at the page: logins, rate limited, and signed short-lived tokens (HMAC-SHA256, RFC 2104).

A token is ``payload.signature``, both base64url without padding (RFC 4648 section 5); the payload is JSON with ``sub``
(agent user), ``role`` and ``exp`` (Unix seconds). It is signed, not encrypted, and holds nothing secret.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from voice.clock import Clock
from voice.errors import CallfloorError
from voice.rundir import made_once
from voice.settings import AgentSettings

TOKEN_S = 30 * 60
MAX_FAILURES = 5
FAILURE_WINDOW_S = 60.0
MAX_REMEMBERED = 10_000
KEY_BYTES = 32


class LoginRefusedError(CallfloorError):
    """User or secret is wrong (which of them is not said)."""


class TooManyLoginsError(CallfloorError):
    """Too many failures of this user or from this address; try again after ``retry_after_s`` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many attempts, try again in {retry_after_s:.0f} s")


class TokenError(CallfloorError):
    """The token is malformed, forged, expired, or of somebody who is no longer in the settings."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for. ``expires``: Unix seconds."""

    user: str
    name: str
    role: str
    expires: float


class FailureWindow:
    """Counts failures per key over the last minute; remembers at most ``MAX_REMEMBERED`` keys, oldest forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def retry_after(self, key: str) -> float:
        """Seconds until ``key`` may try again; 0 where it may now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        now = self._clock.monotonic()
        while failures and failures[0] <= now - FAILURE_WINDOW_S:
            failures.popleft()
        if not failures:
            del self._failures[key]
        return failures[0] + FAILURE_WINDOW_S - now if len(failures) >= MAX_FAILURES else 0.0

    def failed(self, key: str) -> None:
        """Count a failure."""
        self._failures.setdefault(key, deque(maxlen=MAX_FAILURES)).append(self._clock.monotonic())
        self._failures.move_to_end(key)
        if len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)


class Security:
    """Checks logins against ``[[agent]]`` of the settings and issues tokens signed with ``key`` (32 bytes)."""

    def __init__(self, agents: Iterable[AgentSettings], key: bytes, clock: Clock, *, token_s: float = TOKEN_S) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"a signing key has at least {KEY_BYTES} bytes, this one {len(key)}")
        self._agents = {agent.user: agent for agent in agents}
        self._key = key
        self._clock = clock
        self._token_s = token_s
        self._failures = FailureWindow(clock)

    def login(self, user: str, secret: str, address: str) -> tuple[str, Identity]:
        """A token for ``user``. ``address``: where the attempt comes from.

        Raises TooManyLoginsError before the secret is even looked at, LoginRefusedError otherwise.
        """
        keys = (f"user {user}", f"from {address}")
        if wait := max(self._failures.retry_after(key) for key in keys):
            raise TooManyLoginsError(wait)
        agent = self._agents.get(user)
        # An unknown user is compared too, so that the time taken does not tell who exists.
        expected = agent.secret if agent is not None else secrets.token_urlsafe(16)
        right = hmac.compare_digest(expected.encode(), secret.encode())
        if agent is None or not right:
            for key in keys:
                self._failures.failed(key)
            raise LoginRefusedError("user or secret is wrong")
        return self.issue(user)

    def issue(self, user: str) -> tuple[str, Identity]:
        """A fresh token for an agent of the settings. Raises KeyError for anybody else."""
        identity = Identity(user, self._agents[user].name, self._agents[user].role, self._clock.wall() + self._token_s)
        payload = _encode(json.dumps({"sub": user, "role": identity.role, "exp": identity.expires}).encode())
        return f"{payload}.{self._sign(payload)}", identity

    def identify(self, token: str) -> Identity:
        """Who the token speaks for. Raises TokenError."""
        payload, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(payload).encode(), signature.encode()):
            raise TokenError("the token is not one of ours")
        try:
            claims = json.loads(_decode(payload))
            user, role, expires = str(claims["sub"]), str(claims["role"]), float(claims["exp"])
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise TokenError("the token is malformed") from None
        if expires <= self._clock.wall():
            raise TokenError("the token has expired")
        if user not in self._agents:
            raise TokenError(f"{user} is no longer an agent here")
        return Identity(user, self._agents[user].name, role, expires)

    def _sign(self, payload: str) -> str:
        return _encode(hmac.digest(self._key, payload.encode(), "sha256"))


def signing_key(file: Path) -> bytes:
    """The key in ``file``, made (mode 0600, whole or not at all) where there is none. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return made_once(file, secrets.token_bytes(KEY_BYTES))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
