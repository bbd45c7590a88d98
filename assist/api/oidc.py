"""Login by the house's identity provider: there, back, and the token (``assist.oidc``)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Cookie, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from assist.api.access import Problem
from assist.api.messages import Token
from assist.api.people import told
from assist.oidc import AWAY_S, TICKET_S, OidcError, Provider, Tickets
from assist.security import AccountsUnavailableError, LoginRefusedError, Security

log = logging.getLogger(__name__)

oidc = APIRouter(prefix="/api/oidc", tags=["people"])
COOKIE = "callfloor_oidc"
STUB = "callfloor_oidc_ticket"


@dataclass(frozen=True, slots=True)
class SignOn:
    """The provider, and the tickets of those on their way back from it. ``secure``: we are reached by TLS."""

    provider: Provider
    tickets: Tickets
    secure: bool


class Offer(BaseModel):
    """GET /api/oidc: what the login's button calls the provider; empty where there is none."""

    name: str


class Ticket(BaseModel):
    """POST /api/oidc/token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ticket: str = Field(min_length=1, max_length=128)


def _sign_on(request: Request) -> SignOn:
    found: SignOn | None = request.app.state.sign_on
    if found is None:
        raise HTTPException(404, "there is no identity provider")
    return found


@oidc.get("")
async def offer(request: Request) -> Offer:
    """Whether there is a provider to log in with."""
    found: SignOn | None = request.app.state.sign_on
    return Offer(name=found.provider.settings.name if found is not None else "")


@oidc.get("/login", responses={302: {}, 404: {"model": Problem}}, response_class=RedirectResponse)
async def begin(request: Request) -> Response:
    """Sends the browser to the provider."""
    found = _sign_on(request)
    try:
        way = await found.provider.begin()
    except OidcError as error:
        raise HTTPException(503, str(error)) from None
    there = RedirectResponse(way.url, 302)
    # Lax: the provider leads back here by a link of another site's.
    there.set_cookie(
        COOKIE, way.cookie, int(AWAY_S), path="/api/oidc", secure=found.secure, httponly=True, samesite="lax"
    )
    return there


@oidc.get("/callback", responses={302: {}, 404: {"model": Problem}}, response_class=RedirectResponse)
async def back(
    request: Request, state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
    cookie: Annotated[str, Cookie(alias=COOKIE, max_length=2048)] = "",
) -> Response:  # fmt: skip
    """Back from the provider: on to our page, with a ticket in the part of the address that is sent to nobody."""
    found = _sign_on(request)
    here = RedirectResponse("/#oidc=", 302)
    try:
        made = found.tickets.made(await found.provider.finish(code, state, cookie))
    except OidcError as error:
        log.warning("login by the identity provider: %s", error)
    else:
        here = RedirectResponse(f"/#oidc={quote(made.ticket)}", 302)
        here.set_cookie(
            STUB, made.stub, int(TICKET_S), path="/api/oidc", secure=found.secure, httponly=True, samesite="strict"
        )
    here.delete_cookie(COOKIE, path="/api/oidc", secure=found.secure, httponly=True, samesite="lax")
    return here


@oidc.post("/token", responses={401: {"model": Problem}, 404: {"model": Problem}})
async def token(body: Ticket, request: Request, stub: Annotated[str, Cookie(alias=STUB, max_length=128)] = "") -> Token:
    """A token for a ticket, in the browser that came back with it."""
    security: Security = request.app.state.security
    user = _sign_on(request).tickets.taken(body.ticket, stub)
    if user is None:
        raise HTTPException(401, "the login is not good any more; begin again")
    try:
        return told(*await security.vouched_for(user))
    except LoginRefusedError as error:
        raise HTTPException(401, str(error)) from None
    except AccountsUnavailableError as error:
        raise HTTPException(503, str(error)) from None
