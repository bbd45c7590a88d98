"""The front's sockets (asyncio): bytes in, the proxy's effects out. The thin edge around the pure parts."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from voice.clock import Clock
from voice.front.connections import Connection, Datagrams
from voice.front.flows import Assign, Effect, Flow, Send, Side
from voice.front.message import Request, SipParseError, parse
from voice.front.outgoing import Outgoing, next_hop
from voice.front.pool import Report, WorkerEnded, ZygoteClient
from voice.front.proxy import Proxy
from voice.front.sockets import Sockets

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1024
HANDSHAKE_S = 5.0
FIRST_LIST_S = 2.0  # how long a zygote that is there may take to name its workers
_RECEIVE_BUFFER = 1 << 20
_KEEP_ALIVES = (b"\r\n\r\n", b"\r\n", b"\0", b"")  # of user agents behind NAT, as datagrams


class Record(Protocol):
    """Something on disk that is to be as the proxy is."""

    def write(self) -> None:
        """Write what has changed."""


class FrontServer:
    """Runs ``proxy`` on ``sockets`` until cancelled.

    ``on_worker_ended(worker_id, reason)`` is told of every worker the zygote reaped, after its legs got their BYE.
    ``records`` are kept over a restart: registrations and calls.
    """

    def __init__(
        self,
        proxy: Proxy,
        sockets: Sockets,
        zygote: Path,
        clock: Clock,
        on_worker_ended: Callable[[str, str], None] = lambda worker_id, reason: None,
        records: Sequence[Record] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``tls`` is needed where ``sockets`` has one for TLS."""
        self._records = records
        self._tls = tls
        self._on_worker_ended = on_worker_ended
        self._proxy = proxy
        self._sockets = sockets
        self._clock = clock
        self._zygote = ZygoteClient(zygote, clock, self._report)
        self._udp: dict[Side, asyncio.DatagramTransport] = {}
        self._connections: dict[int, Connection] = {}
        self._numbers = itertools.count(1 + secrets.randbelow(1 << 40))  # see Flow: never those of an earlier run
        self._outgoing = Outgoing(
            sockets.outer_address[0], lambda: Connection(self, next(self._numbers)), self._reopened, self._unsent
        )
        self._timer: asyncio.TimerHandle | None = None
        self._workers_known = asyncio.Event()
        self._early: list[tuple[bytes, Flow]] | None = []
        self._due: list[Effect] = []

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
                lambda side=side: Datagrams(side, self.received),  # type: ignore[misc]
                sock=bound,
            )
        early, self._early = self._early, None
        self._perform(self._due)
        for data, source in early or ():
            self.received(data, source)
        servers = [await loop.create_server(lambda: Connection(self, next(self._numbers)), sock=self._sockets.tcp)]
        if self._sockets.tls is not None:
            servers.append(
                await loop.create_server(
                    lambda: Connection(self, next(self._numbers), tls=True),
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
            await self._outgoing.close()
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
        if data in _KEEP_ALIVES or not self._proxy.admits(source, now):
            return
        try:
            message = parse(data)
        except SipParseError as error:
            self._perform(self._proxy.refuse(error, source, now))
        else:
            self._perform(self._proxy.receive(message, source, now))
        if source.connection and (connection := self._connections.get(source.connection)) and not connection.proven:
            connection.proven = self._proxy.proves(source, now)

    def claim(self, order: str) -> bool:
        """Give an idle worker to ``order``, a call that we begin; whether there is one."""
        worker_id = self._proxy.claim()
        if worker_id is not None:
            self._zygote.assign(worker_id, order)
        return worker_id is not None

    def opened(self, number: int, connection: Connection) -> bool:
        """A TCP connection was accepted; whether there is room for it."""
        assert connection.flow is not None
        if len(self._connections) >= MAX_CONNECTIONS or not self._proxy.connection_opened(connection.flow):
            return False
        self._connections[number] = connection
        return True

    def closed(self, number: int, connection: Connection) -> None:
        """A TCP connection is gone."""
        if self._connections.pop(number, None) is not None and connection.flow is not None:
            self._proxy.connection_closed(connection.flow, proven=connection.proven)

    def _report(self, report: Report) -> None:
        before = self._proxy.workers
        self._perform(self._proxy.report(report, self._clock.monotonic()))
        if isinstance(report, WorkerEnded):  # told of even where no leg is known: it may have ended between two fronts
            self._on_worker_ended(report.id, report.reason)
            return
        self._workers_known.set()
        for worker_id in before - self._proxy.workers:
            self._on_worker_ended(worker_id, "the zygote ended")

    def _perform(self, effects: list[Effect]) -> None:
        if self._early is not None:  # goodbyes of workers that died while no front was there: no socket is open yet
            self._due += effects
            return
        for effect in effects:
            if isinstance(effect, Send):
                self._send(effect)
            elif isinstance(effect, Assign):
                self._zygote.assign(effect.worker_id)
        for record in self._records:
            record.write()
        self._set_timer()

    def _send(self, send: Send) -> None:
        flow, data = send.flow, send.message.to_bytes()
        if flow.side is Side.INNER and isinstance(send.message, Request):
            self._proxy.counts["requests to workers"] += 1
        if not flow.connection:
            self._udp[flow.side].sendto(data, (flow.host, flow.port))
        elif connection := self._connections.get(flow.connection):
            connection.write(data)
        elif address := self._reachable(send):
            assert isinstance(send.message, Request)
            self._outgoing.send(send.message, address)
        else:
            self._unsent(1)

    def _reachable(self, send: Send) -> tuple[str, int] | None:
        """Where the far end can be called whose connection is gone: a trunk's, and no TLS."""
        dialog = self._proxy.dialogs.get(send.message.call_id)
        if not isinstance(send.message, Request) or dialog is None or not dialog.from_trunk or send.flow.tls:
            return None
        address = next_hop(send.message)
        return address if address is not None and self._proxy.is_trunk(address[0]) else None

    def _reopened(self, call_id: str, connection: Connection) -> None:
        """The call goes on over this connection."""
        dialog = self._proxy.dialogs.get(call_id)
        if dialog is not None and connection.flow is not None:
            dialog.far = connection.flow
            self._proxy.dialogs.touch(dialog)

    def _unsent(self, count: int) -> None:
        self._proxy.counts["sent to a closed connection"] += count

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
