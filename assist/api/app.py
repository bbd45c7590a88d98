"""The FastAPI application: REST, the two websockets, health, and the page's files."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from assist.api.access import Archives, Problem, at_work, bearer
from assist.api.archive import archive
from assist.api.audit import audit
from assist.api.board_socket import BoardSocket
from assist.api.customers import customers
from assist.api.feed_socket import FeedSocket
from assist.api.guard import MAX_BODY, Guard
from assist.api.messages import CommandMessage, Done, UnknownCommandError, agent_command
from assist.api.oidc import SignOn, oidc
from assist.api.outcomes import outcomes
from assist.api.people import people
from assist.api.ports import Directory, FloorPort, SupervisorView
from assist.api.quality import QualityDesk, quality
from assist.api.server import WebSettings
from assist.api.sockets import Door
from assist.api.station_socket import StationSocket
from assist.api.tasks import tasks
from assist.feed import Feed
from assist.limits import RateLimit
from assist.oidc import Provider, Tickets
from assist.security import Identity, Security
from assist.store.errors import StoreError
from voice.clock import Clock, SystemClock
from voice.errors import CallfloorError

__all__ = ["MAX_BODY", "create_app"]

WEB = FilePath(__file__).resolve().parent.parent / "web"


def create_app(
    floor: FloorPort, feed: Feed, security: Security, clock: Clock | None = None, archives: Archives | None = None,
    web: WebSettings | None = None, desk: QualityDesk | None = None, provider: Provider | None = None,
) -> FastAPI:  # fmt: skip
    """The web side of ``floor``. Without ``archives`` what is kept is not served; ``web``: limits and origins;
    ``desk``: quality, which goes with ``archives``; ``provider``: who else vouches for people.
    """
    clock, web = clock or SystemClock(), web or WebSettings()
    problems: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (413, 422, 429, 503)}
    app = FastAPI(title="callfloor", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", responses=problems)
    app.state.security, app.state.archives, app.state.clock = security, archives, clock
    app.state.quality = desk
    app.middleware("http")(Guard(RateLimit(clock, web.requests_per_s, web.burst), web.origins, web.secure))
    if web.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=web.origins, allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )  # fmt: skip
    app.exception_handler(RequestValidationError)(_malformed)
    app.exception_handler(StoreError)(_store_away)
    app.state.sign_on = None
    if provider is not None:
        app.state.sign_on = SignOn(provider, Tickets(clock), web.secure or provider.settings.secure)
    app.include_router(people)
    app.include_router(oidc)
    app.include_router(archive)
    app.include_router(audit)
    app.include_router(outcomes)
    app.include_router(tasks)
    app.include_router(customers)
    app.include_router(quality)
    _add_floor(app, floor)
    door = Door(RateLimit(clock, web.requests_per_s, web.burst), web.origins)
    feeds, boards = FeedSocket(floor, feed, security, clock, door), BoardSocket(floor, security, clock, door)
    _add_sockets(app, feeds, boards, StationSocket(floor, security, clock, Door(door.limit)))
    app.mount("/", StaticFiles(directory=WEB, html=True), name="page")
    return app


def _add_sockets(app: FastAPI, feeds: FeedSocket, boards: BoardSocket, stations: StationSocket) -> None:
    @app.websocket("/api/feed")
    async def feed_socket(socket: WebSocket) -> None:
        await feeds.serve(socket)

    @app.websocket("/api/board")
    async def board_socket(socket: WebSocket) -> None:
        await boards.serve(socket)

    @app.websocket("/api/station")
    async def station_socket(socket: WebSocket) -> None:
        await stations.serve(socket)


def _add_floor(app: FastAPI, floor: FloorPort) -> None:
    refused: dict[int | str, dict[str, Any]] = {401: {"model": Problem}, 403: {"model": Problem}}

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        """For whoever watches over processes: this one answers."""
        return {"status": "ok"}

    @app.get("/api/supervision", responses=refused)
    async def supervision(who: Annotated[Identity, Depends(bearer)]) -> SupervisorView:
        """What a supervisor's page begins with: alerts, hands, tips, banners, targets."""
        if who.role != "supervisor":
            raise HTTPException(403, "only a supervisor may see this")
        return await floor.supervisor_view(who.user)

    @app.get("/api/directory", responses=refused)
    async def directory(who: Annotated[Identity, Depends(at_work)]) -> Directory:
        """Whom an agent may consult or transfer to, and what those do now."""
        return floor.directory(who.user)

    conflict: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "refused, and why"}}

    @app.post("/api/commands/{name}", responses={**refused, **conflict})
    async def command(
        name: Annotated[str, Path(max_length=64)],
        data: dict[str, Any],
        who: Annotated[Identity, Depends(at_work)],
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


async def _malformed(request: Request, error: Exception) -> Response:
    """What is wrong with a body, without what was in it: that may be a secret, or not even be text."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return JSONResponse({"detail": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}, 422)


async def _store_away(request: Request, error: Exception) -> Response:
    """A store that refuses is a service that is away (503), with its reason."""
    return JSONResponse({"detail": str(error)}, 503)
