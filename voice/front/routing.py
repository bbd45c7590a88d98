"""What we write into other people's messages, and recognise as ours when it comes back. Pure.

- The Via branch is a keyed hash of the hop before us, Call-ID and CSeq number (RFC 3261 16.11): the same for a
  retransmission, for the CANCEL and for the ACK of a failure, without remembering anything; a response that carries a
  branch we never made is dropped.
- Record-Route is written twice, once per side (RFC 5658), outer URI towards the network. It carries a signed token with
  worker and far end, so that requests inside a dialog find their way after a restart of the front.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace

from voice.front.flows import Flow, Side
from voice.front.grammar import NameAddr, SipParseError, SipUri, Via, parse_name_addr, parse_uri, parse_via
from voice.front.message import Request, Response

_MAGIC = "z9hG4bK"


@dataclass(frozen=True)
class Ends:
    """What a token says: the worker and the far end of one call, with the agent's name where that is a station."""

    worker_id: str
    worker: Flow
    far: Flow
    agent: str = ""


class Routing:
    """Signs with ``key``; ``outer`` and ``inner`` are the (host, port) our sockets are bound to, ``tls`` the network's
    for TLS, where there is one.
    """

    def __init__(
        self, key: bytes, outer: tuple[str, int], inner: tuple[str, int], tls: tuple[str, int] | None = None
    ) -> None:
        self._key = key
        self._address = {Side.OUTER: outer, Side.INNER: inner}
        self._tls = tls or outer

    def via(self, request: Request, source: Flow, out: Flow) -> str:
        """The Via we put on ``request`` of ``source`` when it leaves on ``out``."""
        branch = self._branch(request, request.via, source.connection)
        return str(self._via(out, {"branch": branch, "c": str(source.connection)}))

    def own_via(self, out: Flow, call_id: str, what: str) -> str:
        """The Via of a request of our own; ``what`` tells the transactions of one call apart."""
        return str(self._via(out, {"branch": _MAGIC + self._mac("own", call_id, what), "c": "own"}))

    def previous(self, response: Response, side: Side) -> int | None:
        """The TCP connection (0: UDP) of the hop that the response's request came from.

        None where the topmost Via is not one we made for that request and that side.
        """
        top, *below = response.headers.all("Via")
        via = parse_via(top)
        connection = via.params.get("c") or ""
        if not below or not connection.isdecimal() or not self._is_ours(side, via.host, via.port):
            return None
        expected = self._branch(response, parse_via(below[0]), int(connection))
        return int(connection) if hmac.compare_digest(expected.encode(), via.branch.encode()) else None

    def is_own(self, response: Response, what: str) -> bool:
        """Whether this answers the request of our own made with ``own_via(…, what)``."""
        branch = _MAGIC + self._mac("own", response.call_id, what)
        return len(response.headers.all("Via")) == 1 and hmac.compare_digest(
            branch.encode(), response.via.branch.encode()
        )

    def record_routes(self, call_id: str, ends: Ends, towards: Side) -> tuple[str, str]:
        """The two Record-Route values, topmost (the side it leaves on) first."""
        token = self._token(call_id, ends)
        values = {}
        for side in Side:
            host, port = self._address[side]
            params: dict[str, str | None] = {"lr": None, "w": token}
            if side is Side.OUTER and ends.far.connection:
                host, port = self._at(ends.far)
                params = {"transport": ends.far.transport.lower(), **params}
            values[side] = f"<{SipUri('', bracketed(host), port, params)}>"
        other = Side.INNER if towards is Side.OUTER else Side.OUTER
        return values[towards], values[other]

    def strip_routes(self, request: Request) -> tuple[Request, Ends | None]:
        """Without the topmost Route values that are ours, and what their token says if it is genuine."""
        routes = request.headers.all("Route")
        ends = None
        while routes and (uri := self.own_route(routes[0])) is not None:
            ends = ends or self._read_token(request.call_id, uri.params.get("w") or "")
            routes.pop(0)
        return replace(request, headers=request.headers.put("Route", *routes)), ends

    def own_route(self, value: str) -> SipUri | None:
        """The URI of a Route or Record-Route value if it names us."""
        try:
            uri = parse_uri(parse_name_addr(value).uri)
        except SipParseError:
            return None
        return uri if any(self._is_ours(side, uri.host, uri.port) for side in Side) else None

    def _is_ours(self, side: Side, host: str, port: int | None) -> bool:
        address = (host.strip("[]"), port or 5060)
        return address == self._address[side] or (side is Side.OUTER and address == self._tls)

    def _at(self, out: Flow) -> tuple[str, int]:
        """The address of ours that ``out`` is reached from."""
        return self._tls if out.tls else self._address[out.side]

    def _via(self, out: Flow, params: dict[str, str | None]) -> Via:
        host, port = self._at(out)
        return Via(out.transport, bracketed(host), port, params)

    def _branch(self, message: Request | Response, before: Via, connection: int) -> str:
        hop = f"{before.host}:{before.port} {before.branch} {connection}"
        return _MAGIC + self._mac("via", hop, message.call_id, str(message.cseq.number))

    def _token(self, call_id: str, ends: Ends) -> str:
        far = ends.far
        connection = f"{far.connection}{'t' if far.tls else ''}"
        text = f"{ends.worker_id}~{ends.worker.port}~{far.host}~{far.port}~{connection}~{ends.agent}"
        return f"{text}~{self._mac('token', call_id, text)}"

    def _read_token(self, call_id: str, token: str) -> Ends | None:
        text, _, mac = token.rpartition("~")
        if not hmac.compare_digest(self._mac("token", call_id, text).encode(), mac.encode()):
            return None
        worker_id, worker_port, host, port, connection, agent = text.split("~")
        worker = Flow(Side.INNER, self._address[Side.INNER][0], int(worker_port))
        tls = connection.endswith("t")
        far = Flow(Side.OUTER, host, int(port), int(connection.rstrip("t")), tls)
        return Ends(worker_id, worker, far, agent)

    def _mac(self, *parts: str) -> str:
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:24]


def first_lacks_lr(routes: tuple[str, ...]) -> bool:
    """Whether a route set begins with a strict router (RFC 3261 12.2.1.1)."""
    return bool(routes) and "lr" not in parse_uri(parse_name_addr(routes[0]).uri).params


def with_tag(party: NameAddr, tag: str) -> NameAddr:
    """``party`` with that tag; unchanged where ``tag`` is empty."""
    return replace(party, params={**party.params, "tag": tag}) if tag else party


def bracketed(host: str) -> str:
    """``host`` as it stands in a URI: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
