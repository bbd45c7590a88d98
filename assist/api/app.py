"""The FastAPI application: login, the two websockets, health, and the page's files, with security headers on all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from assist.api.feed_socket import FeedSocket
from assist.api.messages import CommandMessage, Done, Login, Me, Token, UnknownCommandError, agent_command
from assist.api.ports import Directory, FloorPort, SupervisorView
from assist.api.station_socket import StationSocket
from assist.feed import Feed
from assist.security import Identity, LoginRefusedError, Security, TokenError, TooManyLoginsError
from voice.clock import Clock, SystemClock
from voice.errors import CallfloorError

WEB = FilePath(__file__).resolve().parent.parent / "web"
MAX_BODY = 16 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


def create_app(floor: FloorPort, feed: Feed, security: Security, clock: Clock | None = None) -> FastAPI:
    """The web side of ``floor``."""
    clock = clock or SystemClock()
    app = FastAPI(title="callfloor", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.middleware("http")(_guard)
    app.exception_handler(RequestValidationError)(_malformed)
    _add_login(app, security)
    _add_commands(app, floor)
    feeds, stations = FeedSocket(floor, feed, security, clock), StationSocket(floor, security)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/supervision")
    async def supervision(who: Annotated[Identity, Depends(_bearer)]) -> SupervisorView:
        if who.role != "supervisor":
            raise HTTPException(403, "only a supervisor may see this")
        return floor.supervisor_view(who.user)

    @app.get("/api/directory")
    async def directory(who: Annotated[Identity, Depends(_bearer)]) -> Directory:
        return floor.directory(who.user)

    @app.websocket("/api/feed")
    async def feed_socket(socket: WebSocket) -> None:
        await feeds.serve(socket)

    @app.websocket("/api/station")
    async def station_socket(socket: WebSocket) -> None:
        await stations.serve(socket)

    app.mount("/", StaticFiles(directory=WEB, html=True), name="page")
    return app


def _bearer(request: Request, authorization: Annotated[str, Header(max_length=4200)] = "") -> Identity:
    """Who the bearer token (RFC 6750) speaks for."""
    scheme, _, token = authorization.partition(" ")
    security: Security = request.app.state.security
    try:
        return security.identify(token if scheme.lower() == "bearer" else "")
    except TokenError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None


def _add_login(app: FastAPI, security: Security) -> None:
    app.state.security = security

    @app.post("/api/login")
    async def login(body: Login, request: Request) -> Token:
        try:
            token, identity = security.login(body.user, body.secret, request.client.host if request.client else "")
        except LoginRefusedError as error:
            raise HTTPException(401, str(error)) from None
        except TooManyLoginsError as error:
            raise HTTPException(429, str(error), {"Retry-After": str(int(error.retry_after_s) + 1)}) from None
        return _token(token, identity)

    @app.post("/api/renew")
    async def renew(who: Annotated[Identity, Depends(_bearer)]) -> Token:
        return _token(*security.issue(who.user))

    @app.get("/api/me")
    async def me(who: Annotated[Identity, Depends(_bearer)]) -> Me:
        return Me(user=who.user, name=who.name, role=who.role, expires=who.expires)


def _add_commands(app: FastAPI, floor: FloorPort) -> None:
    @app.post("/api/commands/{name}", responses={409: {"description": "refused, for the reason in detail"}})
    async def command(
        name: Annotated[str, Path(max_length=64)],
        data: dict[str, Any],
        who: Annotated[Identity, Depends(_bearer)],
    ) -> Done:
        """What a page does by websocket, for programs: hold, consult, transfer, press_keys and the rest."""
        try:
            wanted = agent_command(CommandMessage(type="command", id="post", command=name, data=data))
        except UnknownCommandError as error:
            raise HTTPException(422, str(error)) from None
        try:
            reply = await floor.command(who.user, wanted)
        except CallfloorError as error:
            raise HTTPException(409, str(error)) from None
        if not reply.ok:
            raise HTTPException(409, reply.reason)
        return Done(ok=True)


def _token(token: str, identity: Identity) -> Token:
    return Token(token=token, expires=identity.expires, user=identity.user, name=identity.name, role=identity.role)


async def _malformed(request: Request, error: Exception) -> Response:
    """What is wrong with a body, without what was in it: that may be a secret, or not even be text."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return JSONResponse({"detail": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}, 422)


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse bodies that are too large or of unsaid length, and put the security headers on every answer."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > MAX_BODY:
        response: Response = Response("the body is too large", 413)
    else:
        response = await call_next(request)
    response.headers.update(HEADERS)
    return response
