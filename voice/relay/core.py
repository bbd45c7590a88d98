"""What the relay does with each SIP message. Pure; bytes in, effects out, time as an argument.

To the server, relay and phone are one user agent: it sees the relay's address in Contact and Via and no Record-Route of
ours. To the phone, the relay is the first hop of every route. So no dialog has to be remembered: the phone keeps the
route set, Via branches are keyed hashes of the hop before (as in RFC 3261 16.11), and an in-dialog request of the
server can only be for the one phone there is, even where its Request-URI is the Contact of a connection since lost.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeVar

from voice.front.content import clean_request_body, clean_response_body, without_reliability
from voice.front.grammar import NameAddr, SipParseError, SipUri, Via, parse_name_addr, parse_uri
from voice.front.message import ALLOW, Headers, Request, Response, parse, respond
from voice.front.pacing import TokenBucket

Address = tuple[str, int]

INVITES: Final = (10.0, 5)
"""INVITE and UPDATE per second and at once: 33 at 5 ms spacing abort a pjsua2 process, 30 ms are fine."""

OTHERS: Final = (40.0, 40)
"""Other requests of the server, but ACK, BYE and CANCEL."""

RETRANSMISSIONS_S: Final = 4.0
"""The phone answers an INVITE with 100 at once, so one that comes again later than this has no business."""

MAX_TO_PHONE: Final = 4000  # bytes; pjsip drops the rest of a longer datagram
_REMEMBERED: Final = 64
_MAGIC: Final = "z9hG4bK"
_UNPACED: Final = ("ACK", "BYE", "CANCEL")
_NEVER: Final = ("REGISTER",)
_IN_DIALOG_ONLY: Final = ("BYE", "INFO", "MESSAGE", "NOTIFY", "REFER", "UPDATE")


class Transport(Enum):
    """How the server is reached."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a front or a PBX."""

    transport: Transport
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Server:
        """``tls://HOST:PORT``, ``tcp://…``, ``udp://…``; without a scheme it is UDP. Raises ValueError."""
        scheme, separator, rest = text.rpartition("://")
        host, colon, port = rest.rpartition(":")
        if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"{text!r} is not HOST:PORT, tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT")
        try:
            return cls(Transport(scheme.lower()) if separator else Transport.UDP, host.strip("[]"), int(port))
        except ValueError:
            raise ValueError(f"{text!r}: {scheme!r} is not tls, tcp or udp") from None

    def __str__(self) -> str:
        return f"{self.transport.value}://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class ToPhone:
    """Effect: a datagram to the phone."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ToServer:
    """Effect: a message on the connection to the server."""

    data: bytes


Effect = ToPhone | ToServer
AnyMessage = TypeVar("AnyMessage", Request, Response)


class RelayCore:
    """One phone, one server. ``key`` signs Via branches; ``inner`` is the relay's own address on loopback.

    ``phone`` is where the phone is bound; ``connected`` and ``disconnected`` say how the server is reached. ``counts``:
    what was refused or dropped, by reason.
    """

    def __init__(self, key: bytes, inner: Address) -> None:
        self._key = key
        self._inner = inner
        self.phone: Address = ("127.0.0.1", 0)
        self._local: Address | None = None
        self._remote: Address = ("", 0)
        self._transport = Transport.UDP
        self._invites = TokenBucket(*INVITES)
        self._others = TokenBucket(*OTHERS)
        self._passed: OrderedDict[str, float] = OrderedDict()
        self.counts: Counter[str] = Counter()

    def connected(self, transport: Transport, local: Address, remote: Address) -> None:
        """The server is reached from ``local``, which is the phone's address in its eyes."""
        self._transport, self._local, self._remote = transport, local, remote

    def disconnected(self) -> None:
        """The connection is gone."""
        self._local = None

    # ── from the phone ────────────────────────────────────────────────────────────────────────────────────────────

    def from_phone(self, data: bytes) -> list[Effect]:
        """A datagram of the phone. While there is no server, REGISTER and a new INVITE get 503; what belongs to a call
        is dropped: the phone sends it again for half a minute, by when the server may be back.
        """
        try:
            message = parse(data)
            if isinstance(message, Request):
                return self._request_out(message)
            return self._response_out(message)
        except SipParseError as error:  # the phone is ours: a bug, or a keep-alive
            return self._drop(f"of the phone: {error}")

    def _request_out(self, request: Request) -> list[Effect]:
        if self._local is None:
            begins = request.method == "REGISTER" or (request.method == "INVITE" and not request.to.tag)
            if begins:
                return [ToPhone(respond(request, 503).to_bytes())]
            return self._drop("no connection")
        hops = int(request.headers.get("Max-Forwards") or 70)
        routes = [route for route in request.headers.all("Route") if not self._is_inner(route)]
        headers = request.headers.put("Route", *routes).put("Max-Forwards", str(hops - 1))
        request = self._outer_contact(without_reliability(replace(request, headers=headers)))
        host, port = self._local
        branch = _MAGIC + self._mac("out", _hop(request.via), request.call_id, str(request.cseq.number))
        via = Via(self._transport.value.upper(), _bracketed(host), port, {"branch": branch, "rport": None})
        return [ToServer(replace(request, headers=_on_top(request.headers, str(via))).to_bytes())]

    def _response_out(self, response: Response) -> list[Effect]:
        vias = response.headers.all("Via")
        if self._local is None or len(vias) < 2 or not self._is_address(response.via.host, response.via.port):
            return self._drop("response to nobody")
        routes = [route for route in response.headers.all("Record-Route") if not self._is_inner(route)]
        headers = response.headers.put("Via", *vias[1:]).put("Record-Route", *routes)
        return [ToServer(self._outer_contact(replace(response, headers=headers)).to_bytes())]

    # ── from the server ───────────────────────────────────────────────────────────────────────────────────────────

    def from_server(self, data: bytes, now: float) -> list[Effect]:
        """A datagram or frame of the server at ``now`` (monotonic seconds)."""
        request: Request | None = None
        try:
            message = parse(data)
            if isinstance(message, Response):
                return self._response_in(message)
            request = message
            return self._request_in(request, now)
        except SipParseError as error:
            self.counts[f"refused {error.status}"] += 1
            addressable = error.request or request
            if addressable is None or addressable.method == "ACK":
                return []
            return [ToServer(respond(addressable, error.status).to_bytes())]

    def _request_in(self, request: Request, now: float) -> list[Effect]:
        refused = self._mac("refused", request.call_id, request.via.branch)[:16]
        if request.method == "ACK" and request.to.tag == refused:
            return []  # of our own refusal
        via = request.via.seen_from(*self._remote)
        request = replace(request, headers=request.headers.put("Via", str(via), *request.headers.all("Via")[1:]))
        status = self._refusal(request, now)
        if status:
            self.counts[f"refused {status}"] += 1
            if request.method == "ACK":
                return []
            extra = {503: [("Retry-After", "1")], 405: [("Allow", ALLOW)], 420: [("Unsupported", "100rel")]}
            return [ToServer(respond(request, status, extra.get(status, []), tag=refused).to_bytes())]
        if request.method == "OPTIONS" and not request.to.tag:
            extra_ok = [("Allow", ALLOW), ("Accept", "application/sdp")]
            return [ToServer(respond(request, 200, extra_ok).to_bytes())]
        if request.method == "INVITE" and self._is_late(request, now):
            return self._drop("INVITE again")
        return self._to_phone(clean_request_body(without_reliability(request)))

    def _refusal(self, request: Request, now: float) -> int:
        """The status to refuse with; 0: it may pass."""
        if request.method in _NEVER:
            return 405
        if request.method in _IN_DIALOG_ONLY and not request.to.tag:
            return 481
        if any("100rel" in value for value in request.headers.all("Require")):
            return 420
        if request.headers.get("Max-Forwards") == "0":
            return 483
        if request.method in _UNPACED or (request.method == "INVITE" and _transaction(request) in self._passed):
            return 0
        bucket = self._invites if request.method in ("INVITE", "UPDATE") else self._others
        return 0 if bucket.take(now) else 503

    def _is_late(self, request: Request, now: float) -> bool:
        """Whether this INVITE has passed before, too long ago; if it has not passed, it has now."""
        first = self._passed.setdefault(_transaction(request), now)
        if len(self._passed) > _REMEMBERED:
            self._passed.popitem(last=False)
        return now - first > RETRANSMISSIONS_S

    def _to_phone(self, request: Request) -> list[Effect]:
        host, port = self._inner
        target = replace(request.target, host=self.phone[0], port=self.phone[1], params={}, headers="")
        hops = int(request.headers.get("Max-Forwards") or 70)
        headers = request.headers.put("Max-Forwards", str(hops - 1))
        headers = headers.put("Route")  # we are the last hop before the phone
        if request.method == "INVITE":
            headers = headers.push("Record-Route", self._own_route())
        branch = _MAGIC + self._mac("in", _hop(request.via), request.call_id, str(request.cseq.number))
        via = Via("UDP", host, port, {"branch": branch})
        data = replace(request, uri=str(target), headers=_on_top(headers, str(via))).to_bytes()
        if len(data) > MAX_TO_PHONE:
            raise SipParseError("too long for the phone", 513)
        return [ToPhone(data)]

    def _response_in(self, response: Response) -> list[Effect]:
        vias = response.headers.all("Via")
        if len(vias) != 2:  # our own and the phone's
            return self._drop("response with foreign Via")
        popped = replace(response, headers=response.headers.put("Via", vias[1]))
        expected = _MAGIC + self._mac("out", _hop(popped.via), response.call_id, str(response.cseq.number))
        if not hmac.compare_digest(expected.encode(), response.via.branch.encode()):
            return self._drop("response with foreign Via")
        headers = without_reliability(popped).headers
        if response.cseq.method == "INVITE" and 100 < response.status < 300:
            headers = Headers([*headers, ("Record-Route", self._own_route())])  # last: the phone's first hop
        if response.cseq.method == "REGISTER":
            headers = headers.put("Contact", *(self._inner_contact(value) for value in headers.all("Contact")))
        data = clean_response_body(replace(popped, headers=headers)).to_bytes()
        return [ToPhone(data)] if len(data) <= MAX_TO_PHONE else self._drop("response too long for the phone")

    # ── addresses ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _outer_contact(self, message: AnyMessage) -> AnyMessage:
        """With the address the server can reach in place of the phone's own."""
        assert self._local is not None
        values = message.headers.all("Contact")
        host, port = self._local
        params = {"transport": self._transport.value} if self._transport is not Transport.UDP else {}
        outer = (self._moved(value, self.phone, (_bracketed(host), port), params) for value in values)
        return replace(message, headers=message.headers.put("Contact", *outer))

    def _inner_contact(self, value: str) -> str:
        """A Contact the registrar lists, with the phone's own address where it is the phone's."""
        return value if self._local is None else self._moved(value, self._local, self.phone, {})

    @staticmethod
    def _moved(value: str, old: Address, new: Address, params: dict[str, str]) -> str:
        if value == "*":
            return value
        address = parse_name_addr(value)
        if address.uri.startswith("tel:"):
            return value
        uri = parse_uri(address.uri)
        if (uri.host.strip("[]"), uri.port) != old:
            return value
        kept = {name: text for name, text in uri.params.items() if name != "transport"}
        return str(replace(address, uri=str(replace(uri, host=new[0], port=new[1], params={**params, **kept}))))

    def _own_route(self) -> str:
        return str(NameAddr(str(SipUri("", self._inner[0], self._inner[1], {"lr": None}))))

    def _is_inner(self, value: str) -> bool:
        uri = parse_uri(parse_name_addr(value).uri)
        return self._is_address(uri.host, uri.port)

    def _is_address(self, host: str, port: int | None) -> bool:
        return (host, port) == self._inner

    def _drop(self, why: str) -> list[Effect]:
        self.counts[why] += 1
        return []

    def _mac(self, *parts: str) -> str:
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:24]


def _transaction(request: Request) -> str:
    return f"{request.via.branch} {request.call_id} {request.cseq.number}"


def _hop(via: Via) -> str:
    return f"{via.host}:{via.port} {via.branch}"


def _on_top(headers: Headers, via: str) -> Headers:
    return Headers([("Via", via), *headers])


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
