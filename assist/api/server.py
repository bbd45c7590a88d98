"""Serves the application with uvicorn on a socket of ours, inside the caller's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI
from pydantic import Field

from voice.settings import Section

MAX_MESSAGE = 64 * 1024
PING_S = 10.0


class WebSettings(Section):
    """``[web]``: where the agents' page and API listen. Port 0 asks the kernel for one."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the program that embeds us


@contextlib.asynccontextmanager
async def serving(app: FastAPI, settings: WebSettings, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve until the block ends; yields the base URL, to which a client may connect at once.

    ``listener``: a listening socket to use instead of binding one (``callfloor serve`` keeps it over restarts).
    Raises OSError where the address cannot be bound. On leaving, websockets are closed with 1012 (service restart).
    """
    with listener or _bound(settings) as listening:
        host, port = listening.getsockname()[:2]
        server = _Server(
            uvicorn.Config(
                app, ws="websockets-sansio", ws_max_size=MAX_MESSAGE, ws_ping_interval=PING_S, ws_ping_timeout=PING_S,
                ws_per_message_deflate=False, log_config=None, access_log=False, server_header=False,
                timeout_graceful_shutdown=2, lifespan="off",
            )
        )  # fmt: skip
        task = asyncio.create_task(server.serve([listening]), name="web server")
        try:
            yield f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"
        finally:
            server.should_exit = True
            await task


def _bound(settings: WebSettings) -> socket.socket:
    """A listening socket. asyncio turns Nagle's algorithm off only on sockets that say they are TCP, and those of
    socket.create_server do not: a second message in a row would wait 40 ms for the first one's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(512)
    except OSError:
        listening.close()
        raise
    return listening
