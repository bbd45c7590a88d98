"""Login at the house's own identity provider: OpenID Connect 1.0, authorization code flow with PKCE (RFC 7636).

The provider only says who somebody is. What she may do here is what settings and accounts say of the user of that name;
nobody is let in whom they do not know. What must outlive the way to the provider and back (state, nonce, verifier) is
in a signed cookie of the browser's that scripts cannot read, so a floor that starts again in between loses nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from pydantic import Field, model_validator

from voice.clock import Clock
from voice.errors import CallfloorError
from voice.settings import Section

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with a public key only: with HS256 a client's secret would sign as the provider does."""
TIMEOUT_S = 10.0
AWAY_S = 600.0
"""How long somebody may take at the provider."""
TICKET_S = 60.0
MAX_TICKETS = 1000
_LEEWAY_S = 60
CALLBACK = "/api/oidc/callback"


class OidcError(CallfloorError):
    """The provider does not answer as agreed, or what came back is not the answer to what we asked."""


class OidcSettings(Section):
    """``[oidc]``: ``issuer`` (a URL; empty: none), our ``client_id`` and ``client_secret`` there; ``address``: how
    browsers reach this floor, such as ``https://floor.example``: the provider must know its ``/api/oidc/callback``;
    ``claim``: of the ID token, that is the user's name here; ``name``: what the login's button calls the provider.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = Field(default="", repr=False)
    address: str = ""
    claim: str = "preferred_username"
    name: str = "single sign-on"

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        if self.issuer and not (self.client_id and self.address):
            raise ValueError("issuer, client_id and address go together")
        return self

    @property
    def secure(self) -> bool:
        """Whether browsers reach this floor by TLS, ours or that of a proxy before us."""
        return self.address.startswith("https://")


@dataclass(frozen=True, slots=True)
class Way:
    """The way to the provider: where to send the browser, and what its cookie is to hold."""

    url: str
    cookie: str


@dataclass(slots=True)
class Provider:
    """The identity provider. ``key`` signs cookies (32 bytes). Belongs to one event loop."""

    settings: OidcSettings
    client: httpx.AsyncClient
    clock: Clock
    key: bytes
    _described: dict[str, Any] = field(default_factory=dict)

    async def begin(self) -> Way:
        """Somebody wants to log in. Raises OidcError."""
        described = await self._description()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code", "scope": "openid profile", "client_id": self.settings.client_id,
            "redirect_uri": self._callback, "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        memory = {"state": state, "nonce": nonce, "verifier": verifier, "until": self.clock.wall() + AWAY_S}
        there = described["authorization_endpoint"]
        there += ("&" if "?" in there else "?") + urlencode(query)  # it may have a query of its own (RFC 6749, 3.1)
        return Way(there, self._sealed(memory))

    async def finish(self, code: str, state: str, cookie: str) -> str:
        """She is back: the user's name here, as the provider vouches for it. Raises OidcError."""
        memory = self._opened(cookie)
        if not hmac.compare_digest(str(memory["state"]).encode(), state.encode()):
            raise OidcError("this is not the answer to what was asked here")
        described = await self._description()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._callback,
            "code_verifier": str(memory["verifier"]), "client_id": self.settings.client_id,
        }  # fmt: skip
        if self.settings.client_secret:
            form["client_secret"] = self.settings.client_secret
        told = await self._asked("POST", described["token_endpoint"], form)
        claims = await self._claims(str(told.get("id_token", "")), described)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), str(memory["nonce"]).encode()):
            raise OidcError("the ID token was not made for this login")
        user = claims.get(self.settings.claim)
        if not isinstance(user, str) or not user:
            raise OidcError(f"the ID token has no {self.settings.claim}")
        if self.settings.claim == "email" and claims.get("email_verified") is not True:
            raise OidcError("the provider has not verified her e-mail address: it may be anybody's")
        return user

    @property
    def _callback(self) -> str:
        return self.settings.address.rstrip("/") + CALLBACK

    async def _description(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, asked for once."""
        if not self._described:
            url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = await self._asked("GET", url)
            if found.get("issuer") != self.settings.issuer:
                raise OidcError(f"the provider calls itself {str(found.get('issuer'))[:100]!r}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(found.get(name), str):
                    raise OidcError(f"the provider names no {name}")
            self._described = found
        return self._described

    async def _claims(self, token: str, described: Mapping[str, Any]) -> dict[str, Any]:
        """The claims of an ID token, checked as OpenID Connect Core 1.0 says in section 3.1.3.7."""
        keys = await self._asked("GET", described["jwks_uri"])  # at each login: providers change their keys
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            found = [key for key in jwt.PyJWKSet.from_dict(keys).keys if wanted in (None, key.key_id)]
            if not found:
                raise OidcError("the ID token is signed with a key the provider does not name")
            claims: dict[str, Any] = jwt.decode(
                token, found[0], ALGORITHMS, audience=self.settings.client_id, issuer=self.settings.issuer,
                leeway=_LEEWAY_S, options={"require": ["exp", "iat", "iss", "sub", "aud"]},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise OidcError(f"the ID token is not good: {error}") from None
        if claims.get("azp", self.settings.client_id) != self.settings.client_id:
            raise OidcError("the ID token was made for another client")
        return claims

    async def _asked(self, method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = await self.client.request(method, url, data=form, timeout=TIMEOUT_S)
            found = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            raise OidcError(f"the provider does not answer: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise OidcError(f"the provider refuses: status {answer.status_code}")
        return found

    def _sealed(self, memory: Mapping[str, Any]) -> str:
        payload = base64.urlsafe_b64encode(json.dumps(memory).encode()).decode()
        return f"{payload}.{self._seal(payload)}"

    def _opened(self, cookie: str) -> dict[str, Any]:
        payload, _, seal = cookie.partition(".")
        if not hmac.compare_digest(self._seal(payload).encode(), seal.encode()):
            raise OidcError("no login was begun in this browser")
        try:
            memory: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload))
        except (ValueError, binascii.Error):
            raise OidcError("no login was begun in this browser") from None
        if memory["until"] < self.clock.wall():
            raise OidcError("the login took too long; begin again")
        return memory

    def _seal(self, payload: str) -> str:
        return hmac.digest(self.key, b"oidc " + payload.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Ticket:
    """``ticket`` goes by the address, ``stub`` by a cookie: nobody is logged in as another by a link of hers."""

    ticket: str
    stub: str


@dataclass(slots=True)
class Tickets:
    """Good once, for a minute, for a token: what the browser carries in the address from the provider to our page."""

    clock: Clock
    _users: OrderedDict[str, tuple[str, str, float]] = field(default_factory=OrderedDict)

    def made(self, user: str) -> Ticket:
        """A ticket for ``user``; of more than MAX_TICKETS the oldest is void."""
        made = Ticket(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        self._users[made.ticket] = (user, made.stub, self.clock.monotonic() + TICKET_S)
        if len(self._users) > MAX_TICKETS:
            self._users.popitem(last=False)
        return made

    def taken(self, ticket: str, stub: str) -> str | None:
        """Whose it is; None where it is nobody's, not this browser's, or not good any more."""
        user, its_stub, until = self._users.pop(ticket, ("", "", 0.0))
        right = hmac.compare_digest(its_stub.encode(), stub.encode())
        return user if user and right and self.clock.monotonic() < until else None
