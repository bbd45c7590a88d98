"""The transcription server: contacts' audio in over websockets (``transcription.wire``), redacted utterances out,
echoed on the connection and handed to ``publish`` once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from transcription import wire
from transcription.recogniser import Engine
from transcription.session import ContactSession, Publish, Recognition, Statistics
from transcription.wire import CloseCode
from voice.events import Event

log = logging.getLogger(__name__)

HELLO_S = 10.0
DRAIN_S = 5.0


@dataclass(frozen=True)
class ServerConfig:
    """``listener``: a listening socket to take over instead of binding ``host``/``port`` (0: from the kernel).

    ``token``: what clients must show; empty asks for none. ``max_contacts``: connections served at once, one more is
    refused with 1013. ``threads``: decoding threads. ``ping_s``: both interval and time-out of keep-alive pings.
    """

    host: str = "127.0.0.1"
    port: int = 0
    listener: socket.socket | None = None
    token: str = field(default="", repr=False)
    max_contacts: int = 200
    threads: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    ping_s: float = 20.0


def publish_nowhere(event: Event, contact_id: str) -> None:
    """For a server that only echoes."""


class TranscriptionServer:
    """See ``running``. One per process: the engine's models are shared by all its contacts."""

    def __init__(self, engine: Engine, config: ServerConfig, publish: Publish = publish_nowhere) -> None:
        self._config = config
        self._threads = ThreadPoolExecutor(config.threads, thread_name_prefix="decode")
        self.statistics = Statistics()
        self._shared = Recognition(engine, self._threads, publish, self.statistics)
        self._sessions: set[ContactSession] = set()
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[TranscriptionServer]:
        """Listen (``port`` is then known); on leaving, drain: sessions flush what has arrived, 5 s at most."""
        config = self._config
        where = {"sock": config.listener} if config.listener else {"host": config.host, "port": config.port}
        server = await serve(
            self._serve,
            **where,
            max_size=wire.MAX_MESSAGE,
            max_queue=8,
            compression=None,
            ping_interval=config.ping_s,
            ping_timeout=config.ping_s,
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
            self._threads.shutdown(wait=True, cancel_futures=True)

    async def _serve(self, connection: ServerConnection) -> None:
        code, reason = CloseCode.FAILED, "the client is gone"
        try:
            code, reason = await self._converse(connection)
        except* ConnectionClosed:
            pass  # closing below is then a no-op
        except* wire.WireError as group:
            code, reason = CloseCode.BAD_MESSAGE, str(group.exceptions[0])
        if code is not CloseCode.FINISHED:
            log.info("contact connection ended: %s", reason)
        await connection.close(code, _short(reason))

    async def _converse(self, connection: ServerConnection) -> tuple[CloseCode, str]:
        """Serve one connection to its end: the close code and the reason to give."""
        try:
            async with asyncio.timeout(HELLO_S):
                hello = await self._hello(connection)
        except TimeoutError:
            return CloseCode.BAD_MESSAGE, f"no hello within {HELLO_S:g} s"
        if not hmac.compare_digest(hello.token.encode(), self._config.token.encode()):
            self.statistics.refused += 1
            return CloseCode.BAD_TOKEN, "the token is not the server's"
        if len(self._sessions) >= self._config.max_contacts:
            self.statistics.refused += 1
            return CloseCode.OVER_CAPACITY, f"{self._config.max_contacts} contacts are being transcribed already"
        return await self._transcribe(connection, hello)

    async def _hello(self, connection: ServerConnection) -> wire.Hello:
        frame = await connection.recv()
        if isinstance(frame, bytes):
            raise wire.WireError("the first message must be hello, not audio")
        message = wire.decode_client(frame)
        if not isinstance(message, wire.Hello):
            raise wire.WireError(f"the first message must be hello, not {message.type}")
        return message

    async def _transcribe(self, connection: ServerConnection, hello: wire.Hello) -> tuple[CloseCode, str]:
        session = ContactSession(connection, hello, self._shared)
        self._sessions.add(session)
        self.statistics.contacts += 1
        try:
            info = self._shared.engine.info
            engine = wire.EngineName(name=info.name, version=info.version)
            await connection.send(wire.encode(wire.Welcome(engine=engine, model=info.model)))
            finished = await session.run()
        finally:
            self._sessions.discard(session)
        if finished:
            return CloseCode.FINISHED, "finished"
        return CloseCode.GOING_AWAY, "the server is closing; connect again"


def _short(reason: str) -> str:
    """RFC 6455, 5.5: a control frame carries at most 125 bytes, two of them the code."""
    return reason.encode()[:120].decode(errors="ignore")
