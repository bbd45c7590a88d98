"""The relay's sockets (asyncio): one on loopback for the phone, one connection to the server, kept up with back-off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from voice.clock import Clock
from voice.errors import CallfloorError
from voice.front.framing import StreamFramer
from voice.front.grammar import SipParseError
from voice.relay.core import Address, Effect, RelayCore, Server, ToPhone, Transport

log = logging.getLogger(__name__)

CONNECT_S: Final = 3.0
FIRST_RETRY_S: Final = 0.2
LAST_RETRY_S: Final = 2.0
"""Kept short: after a restart of the front a station is to be back within 5 s; a random part spreads the crowd."""

PING_S: Final = 15.0
"""How often the connection is tried (CRLF CRLF, RFC 5626 4.4.1); a server that has answered one must answer each."""

MAX_UNSENT: Final = 64 * 1024

LinkChanged = Callable[[bool, str], None]
"""Told on the event loop: whether the server is reached, and why not."""


class TlsError(CallfloorError):
    """The certificate file cannot be used."""


def client_tls(authority: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer, the server's name checked against ``authority`` (PEM), or the system's. Raises TlsError."""
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise TlsError(f"{authority}: no certificates to trust in it ({error})") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Relay:
    """One phone's way to one server. ``open``, start the phone, ``attach``, then ``run`` until cancelled, ``close``.

    ``local`` is the address the connection leaves from, "" for any. ``core.counts`` says what was refused.
    """

    def __init__(
        self, server: Server, clock: Clock, on_link: LinkChanged, *, tls: ssl.SSLContext | None = None, local: str = ""
    ) -> None:
        """``tls``: for a server reached by TLS; None makes ``client_tls(None)``."""
        self._server = server
        self._clock = clock
        self._on_link = on_link
        self._tls = tls
        self._local = local
        self._lost = asyncio.Event()
        self._inner: asyncio.DatagramTransport | None = None
        self._outer: _Stream | _Datagrams | None = None
        self._socket: socket.socket | None = None
        self.core: RelayCore

    async def open(self) -> Address:
        """Bind the phone's side; its (host, port). Raises OSError."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            bound.bind(("127.0.0.1", 0))
        except OSError:
            bound.close()
            raise
        self._socket = bound
        host, port = bound.getsockname()
        self.core = RelayCore(secrets.token_bytes(16), (host, port))
        return host, port

    async def attach(self, phone: Address) -> None:
        """The phone is bound to ``phone``: from now on the kernel drops whatever comes from anywhere else."""
        assert self._socket is not None
        self._socket.connect(phone)
        self._socket.setblocking(False)
        self.core.phone = phone
        loop = asyncio.get_running_loop()
        self._inner, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._from_phone, lambda: None), sock=self._socket
        )

    async def run(self) -> None:
        """Reach the server, and reach it again whenever it is lost, until cancelled."""
        delay = FIRST_RETRY_S
        while True:
            self._lost = lost = asyncio.Event()
            try:
                async with asyncio.timeout(CONNECT_S):
                    self._outer = await self._connect(lost)
            except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
                why = "no answer" if isinstance(error, TimeoutError) else str(error)
                self._on_link(False, f"{self._server}: {why}")
                await self._clock.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - spreads a crowd, guards nothing
                delay = min(2 * delay, LAST_RETRY_S)
                continue
            delay = FIRST_RETRY_S
            try:
                self.core.connected(self._server.transport, *self._outer.ends())
                self._on_link(True, "")
                await self._keep(self._outer, lost)
            finally:
                self.core.disconnected()
                self._outer.close()
                self._outer = None
            self._on_link(False, f"{self._server}: connection lost")

    def move(self, local: str) -> None:
        """Our address is ``local`` from now on: give the connection up and make another from there."""
        self._local = local
        self._lost.set()

    def close(self) -> None:
        """Close the phone's side; ``run`` has been cancelled."""
        if self._inner is not None:
            self._inner.abort()
        elif self._socket is not None:
            self._socket.close()

    async def _connect(self, lost: asyncio.Event) -> _Stream | _Datagrams:
        """A connection to the server that sets ``lost`` when it ends. Raises OSError."""
        loop = asyncio.get_running_loop()
        there = (self._server.host, self._server.port)
        here = (self._local, 0) if self._local else None
        if self._server.transport is Transport.UDP:
            _, datagrams = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._from_server, lost.set), local_addr=here, remote_addr=there
            )
            return datagrams
        tls = (self._tls or client_tls(None)) if self._server.transport is Transport.TLS else None
        _, stream = await loop.create_connection(
            lambda: _Stream(self._from_server, lost.set), *there, ssl=tls, local_addr=here
        )
        return stream

    async def _keep(self, outer: _Stream | _Datagrams, lost: asyncio.Event) -> None:
        """Until the connection is lost, or silent where it used to answer."""
        while not lost.is_set():
            if not outer.ping():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_S):
                    await lost.wait()

    def _from_phone(self, data: bytes) -> None:
        self._perform(self.core.from_phone(data))

    def _from_server(self, data: bytes) -> None:
        self._perform(self.core.from_server(data, self._clock.monotonic()))

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, ToPhone):
                if self._inner is not None:
                    self._inner.sendto(effect.data)
            elif self._outer is not None:
                self._outer.send(effect.data)


class _Datagrams(asyncio.DatagramProtocol):
    """A UDP socket that is connected: the kernel lets nobody else in."""

    def __init__(self, received: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._received = received
        self._lost = lost
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Its way out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A message."""
        if data.strip():  # else a keep-alive
            self._received(data)

    def error_received(self, exc: Exception) -> None:
        """ICMP says the far end is gone, perhaps for a moment: SIP's own timers deal with that."""
        log.debug("relay: %s", exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, whoever ended it."""
        self._lost()

    def ends(self) -> tuple[Address, Address]:
        """(our address, theirs)."""
        assert self._transport is not None
        local, remote = (self._transport.get_extra_info(name)[:2] for name in ("sockname", "peername"))
        return local, remote

    def ping(self) -> bool:
        """Keep a NAT's mapping alive; a datagram's way cannot be found broken."""
        self.send(b"\r\n\r\n")
        return True

    def send(self, data: bytes) -> None:
        """A message, or a keep-alive; dropped where it is closed."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data)

    def close(self) -> None:
        """At once, without what is unsent."""
        if self._transport is not None:
            self._transport.abort()


class _Stream(asyncio.Protocol):
    """A TCP or TLS connection."""

    def __init__(self, received: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._received = received
        self._lost = lost
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._answers_pings = False
        self._silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Its way out."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes: whole messages, keep-alives (RFC 5626 4.4.1), or the beginning of one."""
        self._silent = False
        if data == b"\r\n" and self._framer.empty:
            self._answers_pings = True
            return
        try:
            for frame in self._framer.feed(data):
                if frame == StreamFramer.PING:
                    self.send(b"\r\n")
                else:
                    self._received(frame)
        except SipParseError as error:
            log.warning("the server's stream makes no sense: %s", error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, whoever ended it."""
        if exc is not None:
            log.info("relay: %s", exc)
        self._lost()

    def ends(self) -> tuple[Address, Address]:
        """(our address, theirs)."""
        assert self._transport is not None
        local, remote = (self._transport.get_extra_info(name)[:2] for name in ("sockname", "peername"))
        return local, remote

    def ping(self) -> bool:
        """Try the connection; False where the last ping found nobody."""
        if self._answers_pings and self._silent:
            return False
        self._silent = True
        self.send(b"\r\n\r\n")
        return True

    def send(self, data: bytes) -> None:
        """A message, or a keep-alive. A server that does not read is given up at MAX_UNSENT bytes."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self.close()

    def close(self) -> None:
        """At once, without what is unsent."""
        if self._transport is not None:
            self._transport.abort()
