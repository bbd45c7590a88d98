"""The front's sockets (asyncio): bytes in, the proxy's effects out. The thin edge around the pure parts."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from voice.clock import Clock
from voice.front.flows import Assign, Effect, Flow, Send, Side
from voice.front.framing import StreamFramer
from voice.front.ledger import Ledger
from voice.front.message import SipParseError, parse
from voice.front.pool import Report, WorkerEnded, ZygoteClient
from voice.front.proxy import Proxy

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1024
MAX_UNSENT = 64 * 1024  # bytes waiting on one TCP connection; who reads so slowly is cut off
IDLE_S = 900.0  # a station registers again, or pings, well within this
HANDSHAKE_S = 5.0
FIRST_LIST_S = 2.0  # how long a zygote that is there may take to name its workers
_RECEIVE_BUFFER = 1 << 20
_BIND_TRIES = 20

Received = Callable[[bytes, Flow], None]


@dataclass(frozen=True)
class Sockets:
    """Bound sockets: the network's UDP and TCP, the workers' UDP on 127.0.0.1, and the network's TCP for TLS."""

    udp: socket.socket
    tcp: socket.socket
    inner: socket.socket
    tls: socket.socket | None = None

    @property
    def outer_address(self) -> tuple[str, int]:
        """(host, port) the network sees."""
        host, port = self.udp.getsockname()[:2]
        return host, port

    @property
    def inner_address(self) -> tuple[str, int]:
        """(host, port) the workers see."""
        host, port = self.inner.getsockname()[:2]
        return host, port

    @property
    def tls_address(self) -> tuple[str, int] | None:
        """(host, port) the network sees for TLS."""
        if self.tls is None:
            return None
        host, port = self.tls.getsockname()[:2]
        return host, port


def bind_outer(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """UDP and TCP on the same port; 0: one the kernel finds free for both. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in itertools.count(1):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        tcp = socket.socket(family, socket.SOCK_STREAM)
        try:
            udp.bind((host, port))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((host, udp.getsockname()[1]))
        except OSError:
            udp.close()
            tcp.close()
            if port or attempt == _BIND_TRIES:
                raise
        else:
            return udp, tcp
    raise AssertionError("unreachable")


def bind_tls(host: str, port: int) -> socket.socket:
    """TCP for TLS; 0: a port of the kernel's. Raises OSError."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with that certificate. Raises OSError (ssl.SSLError is one)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def bind_inner() -> socket.socket:
    """UDP for the workers, on a port of the kernel's."""
    inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inner.bind(("127.0.0.1", 0))
    return inner


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, side: Side, received: Received) -> None:
        self._side = side
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received(data, Flow(self._side, addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """ICMP says a far end is gone: SIP's own timers deal with that."""
        log.debug("%s: %s", self._side.value, exc)


class _Connection(asyncio.Protocol):
    """One TCP or TLS connection of the OUTER side."""

    def __init__(self, server: FrontServer, number: int, *, tls: bool = False) -> None:
        self._server = server
        self._number = number
        self._tls = tls
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self.flow: Flow | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self.flow = Flow(Side.OUTER, host, port, self._number, self._tls)
        if self._server.opened(self._number, self):
            self._rest()
        else:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._rest()
        assert self.flow is not None
        try:
            frames = self._framer.feed(data)
            if pings := frames.count(StreamFramer.PING):
                self.write(b"\r\n" * pings)
            for frame in frames:
                if frame != StreamFramer.PING:
                    self._server.received(frame, self.flow)
        except SipParseError as error:
            log.info("%s %s:%d cut: %s", self.flow.transport, self.flow.host, self.flow.port, error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._server.closed(self._number, self)

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            if self._transport.get_write_buffer_size() > MAX_UNSENT:
                self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.close)


class FrontServer:
    """Runs ``proxy`` on ``sockets`` until cancelled.

    ``on_worker_ended(worker_id, reason)`` is told of every worker the zygote reaped, after its legs got their BYE.
    ``ledger`` keeps the registrations over a restart.
    """

    def __init__(
        self,
        proxy: Proxy,
        sockets: Sockets,
        zygote: Path,
        clock: Clock,
        on_worker_ended: Callable[[str, str], None] = lambda worker_id, reason: None,
        ledger: Ledger | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``tls`` is needed where ``sockets`` has one for TLS."""
        self._ledger = ledger
        self._tls = tls
        self._on_worker_ended = on_worker_ended
        self._proxy = proxy
        self._sockets = sockets
        self._clock = clock
        self._zygote = ZygoteClient(zygote, clock, self._report)
        self._udp: dict[Side, asyncio.DatagramTransport] = {}
        self._connections: dict[int, _Connection] = {}
        self._numbers = itertools.count(1 + secrets.randbelow(1 << 40))  # see Flow: never those of an earlier run
        self._timer: asyncio.TimerHandle | None = None
        self._workers_known = asyncio.Event()
        self._early: list[tuple[bytes, Flow]] | None = []

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Serve; ``on_ready`` is called when every socket is being read.

        That is once the zygote's workers are known: what waited in the sockets while no front was there may be the BYE
        of a call that one of them has, and an answer of 481 would end it for the far end alone.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._zygote.run(), name="zygote")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_LIST_S):
                    await self._workers_known.wait()
            await self._serve(on_ready)

    async def _serve(self, on_ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for side, bound in ((Side.OUTER, self._sockets.udp), (Side.INNER, self._sockets.inner)):
            with contextlib.suppress(OSError):  # best effort: a burst must not overrun the default buffer
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._udp[side], _ = await loop.create_datagram_endpoint(
                lambda side=side: _Datagrams(side, self.received),  # type: ignore[misc]
                sock=bound,
            )
        early, self._early = self._early, None
        for data, source in early or ():
            self.received(data, source)
        servers = [await loop.create_server(lambda: _Connection(self, next(self._numbers)), sock=self._sockets.tcp)]
        if self._sockets.tls is not None:
            servers.append(
                await loop.create_server(
                    lambda: _Connection(self, next(self._numbers), tls=True),
                    sock=self._sockets.tls,
                    ssl=self._tls,
                    ssl_handshake_timeout=HANDSHAKE_S,
                )
            )
        try:
            on_ready()
            await loop.create_future()  # until cancelled
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for server in servers:
                server.close()
            for connection in list(self._connections.values()):
                connection.close()
            for transport in self._udp.values():
                transport.abort()
            log.info("stopped; %s", ", ".join(f"{why}: {n}" for why, n in self._proxy.counts.items()) or "no refusals")

    def received(self, data: bytes, source: Flow) -> None:
        """One datagram or frame."""
        if self._early is not None:  # one socket is read already, and the other not there yet to answer or forward on
            self._early.append((data, source))
            return
        now = self._clock.monotonic()
        try:
            message = parse(data)
        except SipParseError as error:
            self._perform(self._proxy.refuse(error, source))
        else:
            self._perform(self._proxy.receive(message, source, now))

    def opened(self, number: int, connection: _Connection) -> bool:
        """A TCP connection was accepted; whether there is room for it."""
        if len(self._connections) >= MAX_CONNECTIONS:
            return False
        self._connections[number] = connection
        return True

    def closed(self, number: int, connection: _Connection) -> None:
        """A TCP connection is gone."""
        if self._connections.pop(number, None) is not None and connection.flow is not None:
            self._proxy.connection_closed(connection.flow)

    def _report(self, report: Report) -> None:
        before = self._proxy.workers
        self._perform(self._proxy.report(report, self._clock.monotonic()))
        self._workers_known.set()
        reason = report.reason if isinstance(report, WorkerEnded) else "the zygote ended"
        for worker_id in before - self._proxy.workers:
            self._on_worker_ended(worker_id, reason)

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._send(effect)
            elif isinstance(effect, Assign):
                self._zygote.assign(effect.worker_id)
        if self._ledger is not None:
            self._ledger.write()
        self._set_timer()

    def _send(self, send: Send) -> None:
        flow, data = send.flow, send.message.to_bytes()
        if not flow.connection:
            self._udp[flow.side].sendto(data, (flow.host, flow.port))
        elif connection := self._connections.get(flow.connection):
            connection.write(data)
        else:
            self._proxy.counts["sent to a closed connection"] += 1

    def _set_timer(self) -> None:
        """One timer, always at the proxy's next deadline."""
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._proxy.deadline
        if deadline is None:
            self._timer = None
            return
        delay = max(0.0, deadline - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._perform(self._proxy.tick(self._clock.monotonic()))
