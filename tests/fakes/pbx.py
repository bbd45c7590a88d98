"""A PBX of a few lines on TLS, with RTP of its own: registrar, caller, and mischief at full speed."""

from __future__ import annotations

import array
import asyncio
import collections
import contextlib
import fcntl
import itertools
import math
import ssl
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

from tests.sip.ends import TONES, goertzel
from voice.front.framing import StreamFramer
from voice.front.message import Headers, Request, Response, parse, respond

RATE = 8000
_FRAME = RATE // 50
_SIOCGSTAMP = 0x8906  # socket(7): when the packet read last was received


def ulaw_encode(sample: int) -> int:
    """ITU-T G.711 µ-law of an int16 sample."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def ulaw_decode(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 132) << (code >> 4 & 7)) - 132
    return -magnitude if code & 0x80 else magnitude


_DECODED = [ulaw_decode(code) for code in range(256)]


class Rtp(asyncio.DatagramProtocol):
    """Speaks a tone in PCMU every 20 ms and keeps what it hears; ``longest_gap`` in seconds between packets heard, as
    the kernel received them: this process may have other things to do.
    """

    def __init__(self, hz: int) -> None:
        wave = (round(8000 * math.sin(2 * math.pi * hz * n / RATE)) for n in range(RATE))
        self._wave = bytes(ulaw_encode(sample) for sample in wave)
        self.heard: collections.deque[int] = collections.deque(maxlen=RATE)
        self.longest_gap = 0.0
        self.packets = 0
        self._last = 0.0
        self._came = asyncio.Event()
        self._event: collections.deque[bytes] = collections.deque()
        self._kind = 101
        self._to = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port: int = transport.get_extra_info("sockname")[1]
        with contextlib.suppress(OSError):  # nothing yet; from now on there are stamps
            self._received_at()

    def _received_at(self) -> float:
        """Unix seconds."""
        fd = self._transport.get_extra_info("socket").fileno()
        seconds, micros = struct.unpack("ll", fcntl.ioctl(fd, _SIOCGSTAMP, bytes(struct.calcsize("ll"))))
        return float(seconds + micros / 1e6)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = self._received_at()
        if self._last:
            self.longest_gap = max(self.longest_gap, now - self._last)
        self._last = now
        if data[1] & 0x7F == 0:
            self.packets += 1
            self._came.set()
            self.heard.extend(_DECODED[code] for code in data[12:])

    async def more(self) -> None:
        """Until another packet has come."""
        self._came.clear()
        await self._came.wait()

    def forget(self) -> None:
        self.longest_gap, self._last, self.packets = 0.0, 0.0, 0

    def levels(self) -> list[float]:
        """Amplitudes of TONES in the last half second."""
        window = array.array("h", list(self.heard)[-RATE // 2 :])
        return [goertzel(window, hz, RATE) for hz in TONES]

    def press(self, key: int, kind: int = 101) -> None:
        """A key of 0 to 9, 100 ms long, as RFC 4733 says, in place of sound. ``kind``: the payload type."""
        self._kind = kind
        for packet in range(1, 9):
            ended, duration = packet > 5, min(packet, 5) * _FRAME
            self._event.append(struct.pack("!BBH", key, 0x8A if ended else 0x0A, duration))

    def turn_to(self, to: tuple[str, int]) -> None:
        """Speak there from now on."""
        self._to = to

    async def speak(self, to: tuple[str, int]) -> None:
        self._to = to
        start, began = time.monotonic(), 0
        for count in itertools.count():
            at = count * _FRAME % RATE
            kind, stamp, payload = 0, count * _FRAME, self._wave[at : at + _FRAME]
            if self._event:
                payload = self._event.popleft()
                first = payload[2:] == struct.pack("!H", _FRAME)
                began = stamp if first else began
                kind, stamp = self._kind | (0x80 if first else 0), began
            self._transport.sendto(struct.pack("!BBHII", 0x80, kind, count & 0xFFFF, stamp, 0x5EED) + payload, self._to)
            await asyncio.sleep(max(0.0, start + (count + 1) * 0.02 - time.monotonic()))

    def close(self) -> None:
        self._transport.abort()


class Connection(asyncio.Protocol):
    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._framer = StreamFramer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._pbx.connections.append(self)

    def data_received(self, data: bytes) -> None:
        for frame in self._framer.feed(data):
            if frame == StreamFramer.PING:
                self._transport.write(b"\r\n")
            else:
                self._pbx.received(parse(frame), self)

    def send(self, message: Request | Response) -> None:
        self._transport.write(message.to_bytes())

    @property
    def tls_version(self) -> str:
        return str(self._transport.get_extra_info("ssl_object").version())

    @property
    def peer(self) -> tuple[str, int]:
        host, port = self._transport.get_extra_info("peername")[:2]
        return host, port

    def close(self) -> None:
        self._transport.abort()


class Pbx:
    """``async with Pbx.open(...)``. Answers REGISTER and BYE with 200."""

    def __init__(self, host: str, tls: ssl.SSLContext) -> None:
        self.host = host
        self._tls = tls
        self.port = 0
        self.connections: list[Connection] = []
        self.contact = ""
        self.requests: asyncio.Queue[Request] = asyncio.Queue()
        self.responses: asyncio.Queue[Response] = asyncio.Queue()
        self._rtp_port = 0
        self._versions = itertools.count(1)
        self._branches = itertools.count(1)
        self._server: asyncio.Server | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, host: str, tls: ssl.SSLContext) -> AsyncIterator[Pbx]:
        pbx = cls(host, tls)
        await pbx.up()
        try:
            yield pbx
        finally:
            pbx.down()
            await asyncio.sleep(0.1)  # the loop closes TLS connections in its next rounds

    async def up(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), self.host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Everything closed, as by a restart; ``up`` comes back on the same port."""
        assert self._server is not None
        self._server.close()
        while self.connections:
            self.connections.pop().close()

    @property
    def connection(self) -> Connection:
        return self.connections[-1]

    def received(self, message: Request | Response, connection: Connection) -> None:
        if isinstance(message, Response):
            self.responses.put_nowait(message)
            return
        if message.method == "REGISTER":
            self.contact = str(message.contact.uri) if message.contact else ""
            connection.send(respond(message, 200, [("Contact", f"<{self.contact}>;expires=300")]))
        elif message.method == "INVITE":
            connection.send(self._renegotiated(message))
        elif message.method != "ACK":
            connection.send(respond(message, 202 if message.method == "REFER" else 200))
        self.requests.put_nowait(message)

    def _renegotiated(self, request: Request) -> Response:
        """The answer to a re-INVITE: who is held receives only."""
        direction = "recvonly" if b"a=sendonly" in request.body else "sendrecv"
        contact = f"<sip:bell@{self.host}:{self.port};transport=tls>"
        answer = respond(request, 200, [("Contact", contact), ("Content-Type", "application/sdp")])
        return replace(answer, body=self._sdp(self._rtp_port, direction))

    def _sdp(self, rtp_port: int, direction: str) -> bytes:
        version = next(self._versions)
        return (
            f"v=0\r\no=- 1 {version} IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {rtp_port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        ).encode()

    def invite(self, call_id: str, rtp_port: int) -> Request:
        host, port = self.host, self.port
        self._rtp_port = rtp_port or self._rtp_port
        fields = [
            ("Via", f"SIP/2.0/TLS {host}:{port};branch=z9hG4bK{next(self._branches)}"),
            ("Max-Forwards", "70"),
            ("From", f'"Mrs Bell" <sip:bell@callfloor>;tag=f{call_id}'),
            ("To", "<sip:anna@callfloor>"),
            ("Call-ID", call_id),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<sip:bell@{host}:{port};transport=tls>"),
            ("X-Callfloor-Contact", "c-42"),
            ("Content-Type", "application/sdp"),
        ]
        return Request(Headers(fields), body=self._sdp(rtp_port, "sendrecv"), method="INVITE", uri=self.contact)

    def within(self, answer: Response, method: str, cseq: int) -> Request:
        invite = self.invite(answer.call_id, 0)
        assert answer.contact is not None
        headers = invite.headers.put("To", answer.headers.get("To") or "").put("CSeq", f"{cseq} {method}")
        headers = headers.without(lambda name: name == "Content-Type")
        return replace(invite, headers=headers, body=b"", method=method, uri=answer.contact.uri)

    async def next_request(self, method: str, within_s: float = 15.0) -> Request:
        async with asyncio.timeout(within_s):
            while (request := await self.requests.get()).method != method:
                pass
            return request

    async def finals(self, count: int) -> dict[str, int]:
        """Status by Call-ID of the next ``count`` calls that get a final answer."""
        found: dict[str, int] = {}
        async with asyncio.timeout(30):
            while len(found) < count:
                response = await self.responses.get()
                if response.status >= 200:
                    found[response.call_id] = response.status
        return found

    async def final(self, call_id: str) -> Response:
        async with asyncio.timeout(15):
            while (response := await self.responses.get()).status < 200 or response.call_id != call_id:
                pass
            return response
