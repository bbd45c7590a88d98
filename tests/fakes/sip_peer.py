"""A small SIP user agent on a UDP socket of loopback: calls, answers, remembers what it saw. For live tests."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import cast

from voice.front.message import Headers, Request, Response, parse, respond
from voice.front.routing import bracketed

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
)
Handler = Callable[["SipPeer", Request], None]


class SipPeer(asyncio.DatagramProtocol):
    """``async with SipPeer.open(...) as peer``; ``requests`` and ``responses`` are queues of what arrived.

    ``responses``: no final answer twice. ``answer``: called for every request; the default answers 200, an INVITE with
    SDP.
    """

    def __init__(self, answer: Handler | None) -> None:
        self.requests: asyncio.Queue[Request] = asyncio.Queue()
        self.responses: asyncio.Queue[Response] = asyncio.Queue()
        self.address = ("", 0)
        self._answer = answer or SipPeer.accept
        self._transport: asyncio.DatagramTransport | None = None
        self._source: dict[str, tuple[str, int]] = {}
        self._finally: set[tuple[str | None, ...]] = set()
        self._branches = itertools.count(1)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, host: str = "127.0.0.1", answer: Handler | None = None) -> AsyncIterator[SipPeer]:
        loop = asyncio.get_running_loop()
        transport, peer = await loop.create_datagram_endpoint(lambda: cls(answer), local_addr=(host, 0))
        try:
            yield peer
        finally:
            transport.abort()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.DatagramTransport, transport)
        self._transport = transport
        self.address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse(data)
        if isinstance(message, Response):
            self._answered(message)
            return
        self._source[message.call_id] = addr
        self.requests.put_nowait(message)
        if message.method != "ACK":
            self._answer(self, message)

    def _answered(self, response: Response) -> None:
        """Keeps a request's first final answer: it is sent again until the ACK has arrived, on UDP."""
        asked = tuple(response.headers.get(name) for name in ("Via", "Call-ID", "CSeq"))
        if response.status >= 200:
            if asked in self._finally:
                return
            self._finally.add(asked)
        self.responses.put_nowait(response)

    def accept(self, request: Request) -> None:
        """200; with SDP and our Contact where it is an INVITE."""
        self.answer(request, 200)

    def answer(self, request: Request, status: int) -> None:
        extra = [("Record-Route", value) for value in request.headers.all("Record-Route")]
        extra.append(("Contact", f"<{self.uri}>"))
        response = respond(request, status, extra)
        if request.method == "INVITE" and 180 <= status < 300:
            headers = Headers([*response.headers, ("Content-Type", "application/sdp")])
            response = replace(response, headers=headers, body=SDP)
        self.reply(request, response)

    def reply(self, request: Request, response: Response) -> None:
        """``response``, to where ``request`` came from."""
        self.send(response, self._source[request.call_id])

    @property
    def uri(self) -> str:
        return f"sip:peer@{bracketed(self.address[0])}:{self.address[1]}"

    def send(self, message: Request | Response, address: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(message.to_bytes(), address)

    def request(
        self, method: str, uri: str, call_id: str, cseq: int = 1, *, to_tag: str = "", user: str = "peer", **extra: str
    ) -> Request:
        """A request with a fresh branch. ``extra`` headers: underscores become hyphens."""
        host, port = bracketed(self.address[0]), self.address[1]
        tag = f";tag={to_tag}" if to_tag else ""
        fields = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{port}x{next(self._branches)};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{user}@callfloor>;tag=f{call_id}"),
            ("To", f"<{uri}>{tag}"),
            ("Call-ID", call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<{self.uri}>"),
            *((name.replace("_", "-"), value) for name, value in extra.items()),
        ]
        if method == "INVITE":
            fields.append(("Content-Type", "application/sdp"))
        return Request(Headers(fields), body=SDP if method == "INVITE" else b"", method=method, uri=uri)

    def within(self, response: Response, method: str, cseq: int) -> Request:
        """A request inside the dialog that ``response`` (a 2xx to our INVITE) made."""
        contact = response.contact
        assert contact is not None
        request = self.request(method, contact.uri, response.call_id, cseq)
        routes = [("Route", value) for value in reversed(response.headers.all("Record-Route"))]
        fields = request.headers.put("To", response.headers.get("To") or "")
        fields = fields.put("From", response.headers.get("From") or "")
        return replace(request, headers=Headers([*fields, *routes]))

    def failed_ack(self, response: Response) -> Request:
        """The ACK of a final answer that is not 2xx (RFC 3261 17.1.1.3)."""
        names = ("Via", "From", "To", "Call-ID")
        headers = response.headers.without(lambda name: name not in names)
        headers = Headers([*headers, ("CSeq", f"{response.cseq.number} ACK"), ("Max-Forwards", "70")])
        return Request(headers, method="ACK", uri=response.to.uri)

    async def next_request(self, method: str) -> Request:
        """The next request of that method; others before it are dropped."""
        async with asyncio.timeout(15):
            while (request := await self.requests.get()).method != method:
                pass
            return request

    async def final(self) -> Response:
        """The next response that is not provisional."""
        async with asyncio.timeout(15):
            while (response := await self.responses.get()).status < 200:
                pass
            return response
