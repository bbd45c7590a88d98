"""Serves the application with uvicorn on a socket of ours, inside the caller's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Iterator
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import Field, IPvAnyNetwork, model_validator
from uvicorn.protocols.http.h11_impl import H11Protocol

from assist.limits import source
from voice.errors import DocumentError
from voice.settings import Section

MAX_MESSAGE = 64 * 1024
PING_S = 10.0


class WebSettings(Section):
    """``[web]``: where the agents' page and API listen. Port 0 asks the kernel for one. With ``tls_certificate`` (PEM,
    with its chain) and ``tls_key`` (PEM) it is HTTPS. ``origins``: of other sites' pages that may use the API, such as
    ``https://intranet.example``. ``requests_per_s``, ``burst``: what one address may ask of the API; ``connections``:
    how many it may have at the same time. ``proxies``: the addresses or networks of reverse proxies, whose word on who
    asks (``X-Forwarded-For``) is taken; nobody else's is.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    origins: tuple[str, ...] = ()
    proxies: tuple[IPvAnyNetwork, ...] = ()
    requests_per_s: float = Field(default=50.0, gt=0, le=100_000)
    burst: float = Field(default=200.0, ge=1, le=100_000)
    connections: int = Field(default=1000, ge=1, le=100_000)

    @model_validator(mode="after")
    def _tls_is_whole(self) -> WebSettings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        return self

    @property
    def secure(self) -> bool:
        """Whether we speak TLS ourselves."""
        return self.tls_certificate is not None

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "https" if self.secure else "http"

    def check_tls(self) -> None:
        """Raises DocumentError where certificate and key are not there, or not each other's."""
        if self.tls_certificate is None or self.tls_key is None:
            return
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.tls_certificate, self.tls_key)
        except OSError as error:  # ssl.SSLError is one
            what = f"[web] certificate and key cannot be used: {error.strerror or error.args[-1]}"
            raise DocumentError(self.tls_certificate, None, what, "name PEM files that belong together") from None


def _sparing(most: int, proxies: Collection[IPvAnyNetwork]) -> type[H11Protocol]:
    """HTTP's protocol, with ``most`` connections of one address at the same time, websockets included: nobody keeps the
    others out by holding all there can be. Reverse proxies have as many as they like.
    """

    class Sparing(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client is None or any(ip_address(self.client[0]) in network for network in proxies):
                return
            clients = [getattr(each, "client", None) for each in self.connections]
            if sum(client is not None and source(client[0]) == source(self.client[0]) for client in clients) > most:
                transport.abort()

    return Sparing


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to the program that embeds us


@contextlib.asynccontextmanager
async def serving(app: FastAPI, settings: WebSettings, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve until the block ends; yields the base URL, to which a client may connect at once.

    ``listener``: a listening socket to use instead of binding one (``callfloor serve`` keeps it over restarts).
    Raises OSError where the address cannot be bound, DocumentError for TLS files that cannot be used. On leaving,
    websockets are closed with 1012 (service restart).
    """
    settings.check_tls()
    with listener or _bound(settings) as listening:
        host, port = listening.getsockname()[:2]
        server = _Server(
            uvicorn.Config(
                app, ws="websockets-sansio", ws_max_size=MAX_MESSAGE, ws_ping_interval=PING_S, ws_ping_timeout=PING_S,
                ws_per_message_deflate=False, log_config=None, access_log=False, server_header=False,
                timeout_graceful_shutdown=2, lifespan="off", http=_sparing(settings.connections, settings.proxies),
                proxy_headers=bool(settings.proxies), forwarded_allow_ips=[str(each) for each in settings.proxies],
                ssl_certfile=settings.tls_certificate, ssl_keyfile=settings.tls_key,
            )
        )  # fmt: skip
        task = asyncio.create_task(server.serve([listening]), name="web server")
        try:
            yield f"{settings.scheme}://" + (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
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
