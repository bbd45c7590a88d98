"""The transcription server: one port, two protocols, told apart by the first message.

Contacts (``transcription.wire``) send their channels' audio and get redacted utterances, which are also handed to
``publish`` once. Clients of vosk-server (``transcription.vosk_wire``) get what vosk-server would answer. On the same
port ``GET /healthz`` and ``GET /metrics``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Data

from transcription import metrics, vosk_wire, wire
from transcription.channel import Publish, Recognition
from transcription.metrics import Statistics
from transcription.recogniser import Engine, RecogniserError
from transcription.scheduling import DecodePool
from transcription.sensitive import KINDS
from transcription.session import LEGS, ContactSession
from transcription.shelf import ModelShelf
from transcription.vosk_session import VoskSession
from transcription.wire import CloseCode
from voice.errors import CallfloorError
from voice.events import Event

log = logging.getLogger(__name__)

DRAIN_S = 5.0
CLOSE_S = 10.0
VOSK_MESSAGE = 1024 * 1024
"""What vosk-server takes; the contact protocol's limit is its own."""


@dataclass(frozen=True)
class ServerConfig:
    """``listener``: a listening socket to take over instead of binding ``host``/``port`` (0: from the kernel).

    ``token``: what clients must show; empty asks for none. ``max_streams``: channels decoded at once, a contact counts
    for two at least; what goes beyond is refused with 1013. ``threads``: decoding threads. ``idle_s``: a client that
    should send and does not is given up after this. ``ping_s``: both interval and time-out of keep-alive pings.
    ``vosk_rate``: Hz of vosk-server clients that do not say. ``redact``: kinds of ``transcription.sensitive`` that are
    withheld. ``tls``: serve wss and https only.
    """

    host: str = "127.0.0.1"
    port: int = 0
    listener: socket.socket | None = None
    token: str = field(default="", repr=False)
    max_streams: int = 400
    threads: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    idle_s: float = 60.0
    ping_s: float = 20.0
    vosk_rate: int = vosk_wire.DEFAULT_RATE
    redact: frozenset[str] = frozenset(KINDS)
    tls: ssl.SSLContext | None = None


class _RefusedError(CallfloorError):
    """The connection is not served: ``code`` to close with, ``kind`` to count under."""

    def __init__(self, code: CloseCode, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.kind = kind


def publish_nowhere(event: Event, contact_id: str) -> None:
    """For a server that only echoes."""


class TranscriptionServer:
    """See ``running``. One per process: the engine's models are shared by all its clients."""

    def __init__(self, engine: Engine | ModelShelf, config: ServerConfig, publish: Publish = publish_nowhere) -> None:
        self._config = config
        self._pool = DecodePool(config.threads)
        self.statistics = Statistics()
        shelf = engine if isinstance(engine, ModelShelf) else ModelShelf(engine)
        self._shared = Recognition(shelf, self._pool, publish, self.statistics, config.redact)
        self._sessions: set[ContactSession | VoskSession] = set()
        self.port = 0

    @property
    def streams(self) -> int:
        """Streams that count against ``max_streams``."""
        return sum(session.streams for session in self._sessions)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[TranscriptionServer]:
        """Listen (``port`` is then known); on leaving, drain: sessions flush what has arrived, 5 s at most."""
        config = self._config
        where = {"sock": config.listener} if config.listener else {"host": config.host, "port": config.port}
        try:
            server = await serve(
                self._serve,
                **where,
                ssl=config.tls,
                process_request=self._page,
                max_size=VOSK_MESSAGE,
                max_queue=8,
                compression=None,
                ping_interval=config.ping_s,
                ping_timeout=config.ping_s,
                close_timeout=min(CLOSE_S, config.ping_s),
            )
            try:
                self.port = next(iter(server.sockets)).getsockname()[1]
                yield self
            finally:
                server.close(close_connections=False)
                for session in tuple(self._sessions):
                    session.drain()
                try:
                    async with asyncio.timeout(DRAIN_S):
                        await server.wait_closed()
                except TimeoutError:
                    server.close(code=CloseCode.GOING_AWAY)
                    await server.wait_closed()
        finally:
            await asyncio.to_thread(self._pool.close)

    def _page(self, connection: ServerConnection, request: Request) -> Response | None:
        """Plain HTTP on the websocket's port: what a monitor asks for. Holds no words and no names of callers."""
        path = urlsplit(request.path).path
        if path == "/healthz":
            model = self._shared.shelf.default.info.model.name
            return connection.respond(HTTPStatus.OK, json.dumps({"status": "ok", "model": model}) + "\n")
        if path != "/metrics":
            return None
        response = connection.respond(HTTPStatus.OK, metrics.page(self.statistics, self._gauges()))
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = metrics.CONTENT_TYPE
        return response

    def _gauges(self) -> metrics.Gauges:
        pool = self._pool
        model = self._shared.shelf.default.info.model.name
        return metrics.Gauges(
            self.streams,
            self._config.max_streams,
            pool.waiting,
            pool.overload.lag_s(time.monotonic()),
            pool.decode_s,
            model,
        )

    async def _serve(self, connection: ServerConnection) -> None:
        code, reason = CloseCode.FAILED, "the client is gone"
        try:
            code, reason = await self._converse(connection)
        except* ConnectionClosed:
            pass  # closing below is then a no-op
        except* wire.WireError as group:
            first = _first(group)
            self.statistics.refused["message"] += 1
            code, reason = first.code if isinstance(first, wire.WireError) else code, str(first)
        except* RecogniserError as group:
            log.error("recogniser failed: %s", _first(group))
            reason = str(_first(group))
        except* _RefusedError as group:
            first = _first(group)
            assert isinstance(first, _RefusedError)
            self.statistics.refused[first.kind] += 1
            code, reason = first.code, str(first)
        if code is not CloseCode.FINISHED:
            log.info("connection ended: %s", reason)
        await connection.close(code, _short(reason))

    async def _converse(self, connection: ServerConnection) -> tuple[CloseCode, str]:
        """Serve one connection to its end: the close code and the reason to give."""
        try:
            async with asyncio.timeout(self._config.idle_s):
                first = await connection.recv()
        except TimeoutError:
            return CloseCode.IDLE, _REASONS[CloseCode.IDLE]
        code = await (self._contact(connection, first) if _is_contact(first) else self._vosk(connection, first))
        return code, _REASONS[code]

    async def _contact(self, connection: ServerConnection, first: Data) -> CloseCode:
        hello = wire.decode_client(str(first))
        if not isinstance(hello, wire.Hello):
            raise wire.WireError(f"the first message must be hello, not {hello.type}")
        self._admit(hello.token, LEGS)
        session = ContactSession(connection, hello, self._shared, self._config.idle_s, self._has_room)
        self.statistics.contacts += 1
        with self._listed(session):
            info = self._shared.shelf.default.info
            engine = wire.EngineName(name=info.name, version=info.version)
            await connection.send(wire.encode(wire.Welcome(engine=engine, model=info.model)))
            return await session.run()

    async def _vosk(self, connection: ServerConnection, first: Data) -> CloseCode:
        self._admit(_token_of(connection.request), 1)
        session = VoskSession(connection, self._shared, self._config.idle_s, self._config.vosk_rate)
        self.statistics.vosk_clients += 1
        with self._listed(session):
            return await session.run(first)

    @contextlib.contextmanager
    def _listed(self, session: ContactSession | VoskSession) -> Iterator[None]:
        self._sessions.add(session)
        try:
            yield
        finally:
            self._sessions.discard(session)

    def _has_room(self, streams: int = 1) -> bool:
        return self.streams + streams <= self._config.max_streams

    def _admit(self, token: str, streams: int) -> None:
        """Raises _RefusedError."""
        if not hmac.compare_digest(token.encode(), self._config.token.encode()):
            raise _RefusedError(CloseCode.BAD_TOKEN, "token", "the token is not the server's")
        if not self._has_room(streams):
            reason = f"{self._config.max_streams} streams are being transcribed already"
            raise _RefusedError(CloseCode.OVER_CAPACITY, "full", reason)
        if not self._pool.overload.admits(time.monotonic()):
            raise _RefusedError(CloseCode.OVER_CAPACITY, "busy", "the server is behind with the streams it has")


_REASONS = {
    CloseCode.FINISHED: "finished",
    CloseCode.GOING_AWAY: "the server is closing; connect again",
    CloseCode.IDLE: "nothing was sent for too long",
}


def _is_contact(first: Data) -> bool:
    """Messages of the contact protocol are objects with a type; vosk-server's clients begin with audio or config."""
    if isinstance(first, bytes):
        return False
    try:
        message = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and "type" in message


def _token_of(request: Request | None) -> str:
    """vosk-server's clients know no token, but take a URL: ``wss://server:2700/?token=...``. Or a bearer header."""
    if request is None:
        return ""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return parse_qs(urlsplit(request.path).query).get("token", [""])[0]


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _short(reason: str) -> str:
    """RFC 6455, 5.5: a control frame carries at most 125 bytes, two of them the code."""
    return reason.encode()[:120].decode(errors="ignore")
