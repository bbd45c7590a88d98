"""SIP digest authentication, server side (RFC 3261 section 22, RFC 7616, RFC 8760). Pure; time comes as an argument.

Challenges with SHA-256 first and MD5 second, ``qop=auth``. A nonce is signed and dated, so none is stored before it is
used; a used one is remembered until it is too old, so that each nonce count serves one transaction only.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from voice.front.message import Request

NONCE_LIFE_S = 300.0
MAX_NONCES = 8192
_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
_PAIR = re.compile(r'\s*(?:,\s*)?([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*')
_HEX8 = re.compile(r"[0-9a-fA-F]{8}")


class Verdict(Enum):
    """What the credentials of a request are worth."""

    GOOD = "good"
    ABSENT = "no credentials for our realm"
    STALE = "sound, but the nonce is too old"
    WRONG = "wrong user, password or nonce count"


@dataclass(frozen=True)
class Checked:
    """``user`` is who the credentials name, proven only where ``verdict`` is GOOD."""

    verdict: Verdict
    user: str = ""


@dataclass
class _Use:
    count: int
    transaction: str


def parse_credentials(value: str) -> dict[str, str]:
    """The parameters of an Authorization header, names in lower case; empty where it is not a sound Digest."""
    scheme, _, rest = value.partition(" ")
    found: dict[str, str] = {}
    position = 0
    while scheme.lower() == "digest" and position < len(rest):
        match = _PAIR.match(rest, position)
        if match is None or match[1].lower() in found:
            return {}
        quoted = match[2]
        found[match[1].lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[3]
        position = match.end()
    return found


def digest_response(credentials: Mapping[str, str], method: str, secret: str) -> str:
    """The ``response`` RFC 7616 3.4.1 asks for with ``qop=auth`` and the algorithm the credentials name."""
    make = _HASHES[credentials.get("algorithm", "MD5").upper()]

    def h(text: str) -> str:
        return make(text.encode()).hexdigest()

    ha1 = h(f"{credentials['username']}:{credentials['realm']}:{secret}")
    ha2 = h(f"{method}:{credentials['uri']}")
    middle = f"{credentials['nonce']}:{credentials['nc']}:{credentials['cnonce']}:auth"
    return h(f"{ha1}:{middle}:{ha2}")


class Digest:
    """Makes challenges and checks credentials against ``secrets_by_user`` (plain secrets).

    Nonces issued before ``started`` (monotonic seconds) count as stale: an earlier process may have used them.
    """

    def __init__(self, realm: str, secrets_by_user: Mapping[str, str], key: bytes, started: float) -> None:
        self._realm = realm
        self._secrets = secrets_by_user
        self._key = key
        self._uses: OrderedDict[str, _Use] = OrderedDict()
        self._not_before = math.floor(started * 1000) / 1000  # a nonce is dated in milliseconds

    def challenge(self, now: float, *, proxy: bool = False, stale: bool = False) -> list[tuple[str, str]]:
        """The two challenge headers; ``proxy`` for a 407."""
        name = "Proxy-Authenticate" if proxy else "WWW-Authenticate"
        nonce = self._nonce(now)
        tail = ", stale=true" if stale else ""
        return [
            (name, f'Digest realm="{self._realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{tail}')
            for algorithm in _HASHES
        ]

    def check(self, request: Request, now: float, *, proxy: bool = False) -> Checked:
        """Judge the credentials of ``request``; ``now`` is monotonic seconds."""
        name = "Proxy-Authorization" if proxy else "Authorization"
        judged = Checked(Verdict.ABSENT)
        for value in request.headers.all(name):
            credentials = parse_credentials(value)
            if credentials.get("realm") == self._realm:
                judged = self._judge(credentials, request, now)
                if judged.verdict is Verdict.GOOD:
                    break
        return judged

    def _judge(self, credentials: dict[str, str], request: Request, now: float) -> Checked:
        user = credentials.get("username", "")
        needed = {"username", "uri", "response", "nonce", "nc", "cnonce", "qop"}
        if (
            not needed <= credentials.keys()
            or credentials["qop"] != "auth"
            or credentials.get("algorithm", "MD5").upper() not in _HASHES
            or not _HEX8.fullmatch(credentials["nc"])
        ):
            return Checked(Verdict.WRONG, user)
        # An unknown user costs the same work as a known one with a wrong password, and looks the same from outside.
        expected = digest_response(credentials, request.method, self._secrets.get(user, secrets.token_hex()))
        if not hmac.compare_digest(expected.encode(), credentials["response"].lower().encode()):
            return Checked(Verdict.WRONG, user)
        issued = self._issued(credentials["nonce"])
        if issued is None or issued < self._not_before or not 0 <= now - issued <= NONCE_LIFE_S:
            return Checked(Verdict.STALE, user)
        fresh = self._count(credentials["nonce"], int(credentials["nc"], 16), request)
        return Checked(Verdict.GOOD if fresh else Verdict.WRONG, user)

    def _count(self, nonce: str, count: int, request: Request) -> bool:
        """Whether this nonce count is new, or is a retransmission of the request that used it."""
        transaction = f"{request.via.branch} {request.call_id} {request.cseq}"
        use = self._uses.get(nonce)
        if use is not None and (count < use.count or (count == use.count and transaction != use.transaction)):
            return False
        self._uses[nonce] = _Use(count, transaction)
        while len(self._uses) > MAX_NONCES:
            forgotten, _ = self._uses.popitem(last=False)
            self._not_before = max(self._not_before, (self._issued(forgotten) or 0.0) + 0.001)
        return True

    def _nonce(self, now: float) -> str:
        text = f"{int(now * 1000):x}-{secrets.token_hex(6)}"
        return f"{text}-{self._sign(text)}"

    def _issued(self, nonce: str) -> float | None:
        """When we made ``nonce`` (monotonic seconds), or None: it is not ours."""
        text, _, mac = nonce.rpartition("-")
        if not hmac.compare_digest(self._sign(text).encode(), mac.encode()):
            return None
        return int(text.partition("-")[0], 16) / 1000

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, b"nonce " + text.encode(), hashlib.sha256).hexdigest()[:24]
