"""Datagrams and connections (asyncio): bytes to whole messages, and the limits a connection has by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast

from voice.front.flows import Flow, Side
from voice.front.framing import StreamFramer
from voice.front.message import SipParseError

log = logging.getLogger(__name__)

MAX_UNSENT = 64 * 1024  # bytes waiting on one TCP connection; who reads so slowly is cut off
IDLE_S = 900.0  # a station registers again, or pings, well within this
UNPROVEN_S = 30.0  # who has neither registered nor called by then is cut off
MESSAGES_AT_ONCE = 100  # of one connection; then the others have their turn
RESUME_S = 0.1


class Datagrams(asyncio.DatagramProtocol):
    """The UDP socket of one side."""

    def __init__(self, side: Side, received: Callable[[bytes, Flow], None]) -> None:
        self._side = side
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """``addr``: host and port first, whatever the family."""
        self._received(data, Flow(self._side, addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """ICMP says a far end is gone: SIP's own timers deal with that."""
        log.debug("%s: %s", self._side.value, exc)


class Switch(Protocol):
    """What a connection needs of the server."""

    def opened(self, number: int, connection: Connection) -> bool:
        """Whether there is room for it."""

    def closed(self, number: int, connection: Connection) -> None:
        """It is gone."""

    def received(self, data: bytes, source: Flow) -> None:
        """A whole message."""


class Connection(asyncio.Protocol):
    """One TCP or TLS connection of the OUTER side."""

    def __init__(self, server: Switch, number: int, *, tls: bool = False) -> None:
        self._server = server
        self._number = number
        self._tls = tls
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._resume: asyncio.TimerHandle | None = None
        self._since_rest = 0
        self.flow: Flow | None = None
        self.proven = False
        """Whether it belongs to a registered station, a trunk or a call; set by the server."""

    @property
    def open(self) -> bool:
        """Whether what is written now may arrive."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Kept if there is room."""
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self.flow = Flow(Side.OUTER, host, port, self._number, self._tls)
        if self._server.opened(self._number, self):
            self._idle = asyncio.get_running_loop().call_later(UNPROVEN_S, self.close)
        else:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Whole messages go on; a stream that cannot be framed is closed."""
        assert self.flow is not None
        try:
            frames = self._framer.feed(data)
            if pings := frames.count(StreamFramer.PING):
                self.write(StreamFramer.PONG * pings)
            for frame in frames:
                if frame != StreamFramer.PING:
                    self._server.received(frame, self.flow)
        except SipParseError as error:
            log.info("%s %s:%d cut: %s", self.flow.transport, self.flow.host, self.flow.port, error)
            self.close()
            return
        if self.proven:
            self._rest()
        self._slow_down(len(frames))

    def connection_lost(self, exc: Exception | None) -> None:
        """The timers end with it."""
        for timer in (self._idle, self._resume):
            if timer is not None:
                timer.cancel()
        self._server.closed(self._number, self)

    def write(self, data: bytes) -> None:
        """Send, or cut off who does not read."""
        if self._transport is not None and self.open:
            self._transport.write(data)
            if self._transport.get_write_buffer_size() > MAX_UNSENT:
                self.close()

    def close(self) -> None:
        """At once."""
        if self._transport is not None:
            self._transport.abort()

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.close)

    def _slow_down(self, frames: int) -> None:
        """Not read for a moment after many messages: TCP holds the sender back."""
        self._since_rest += frames
        loop = asyncio.get_running_loop()
        if self._resume is None:
            self._resume = loop.call_later(RESUME_S, self._rested)
        if self._since_rest >= MESSAGES_AT_ONCE and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _rested(self) -> None:
        self._resume = None
        self._since_rest = 0
        if self._transport is not None and not self._transport.is_closing() and not self._transport.is_reading():
            self._transport.resume_reading()
