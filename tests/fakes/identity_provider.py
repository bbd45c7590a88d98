"""An identity provider of our own on loopback: discovery, authorization with PKCE, tokens, keys. It lets in whoever
``user`` says, at once; ``spoil`` changes what it says, for the tests of what must not be believed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from assist.api.server import WebSettings, serving

CLIENT, SECRET = "callfloor", "the client's secret"
Claims = dict[str, Any]


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class FakeProvider:
    """``codes``: what was asked with each code that is not used yet."""

    user: str = "anna"
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    spoil: Callable[[Claims], Claims] = lambda claims: claims
    signs_with: rsa.RSAPrivateKey | None = None
    issuer: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self.described)
        app.get("/authorize")(self.authorize)
        app.post("/token")(self.token)
        app.get("/keys")(self.keys)
        return app

    async def described(self) -> dict[str, str]:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.issuer, **{name: self.issuer + path for name, path in ends.items()}}

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        good = asked and challenge.decode() == asked["code_challenge"] and form["client_secret"] == SECRET
        if not asked or not good or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "4711", "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"],
            "preferred_username": self.user,
        }  # fmt: skip
        signed = jwt.encode(self.spoil(claims), self.signs_with or self.key, "RS256", {"kid": "k1"})
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": signed})

    async def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}


@asynccontextmanager
async def providing() -> AsyncIterator[FakeProvider]:
    """The provider, served."""
    provider = FakeProvider()
    async with serving(provider.app(), WebSettings(port=0)) as url:
        provider.issuer = url
        yield provider
