"""The small grammars inside SIP headers (RFC 3261 section 25): URIs, name-addr, Via, CSeq. Pure and strict."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice.errors import CallfloorError

if TYPE_CHECKING:
    from voice.front.message import Request

ATOM = r"[A-Za-z0-9\-.!%*_+`'~]+"  # "token" in the RFC
_HOST = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})"
_URI = re.compile(
    rf"(?P<scheme>sips?):(?:(?P<user>[A-Za-z0-9\-_.!~*'()%&=+$,;?/:#]+)@)?(?P<host>{_HOST})(?::(?P<port>\d{{1,5}}))?"
    r"(?P<params>(?:;[A-Za-z0-9\-_.!~*'()%\[\]/:&+$=]+)*)(?:\?(?P<headers>[^\s<>\"]+))?",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_TEL = re.compile(r"tel:[+0-9A-D#*().-]+(?:;[A-Za-z0-9\-_.!~*'()%\[\]/:&+$=]+)*", re.IGNORECASE | re.ASCII)
_NAME_ADDR = re.compile(
    rf'\s*(?:(?P<display>"(?:[^"\\]|\\.)*"|(?:{ATOM}(?:[ \t]+{ATOM})*)?)\s*<(?P<uri>[^<>\s]+)>'
    r'|(?P<bare>[^\s;<>",?]+))\s*'
    r"(?P<params>(?:;.*)?)",
    re.DOTALL | re.ASCII,
)
_VIA = re.compile(
    rf"SIP\s*/\s*2\.0\s*/\s*(?P<transport>{ATOM})\s+(?P<host>{_HOST})(?:\s*:\s*(?P<port>\d{{1,5}}))?"
    r"\s*(?P<params>(?:;.*)?)",
    re.IGNORECASE | re.ASCII,
)
_CSEQ = re.compile(rf"(\d{{1,10}})\s+({ATOM})", re.ASCII)
_PARAM = re.compile(
    rf'\s*;\s*(?P<name>{ATOM})\s*(?:=\s*(?P<value>"(?:[^"\\]|\\.)*"|[A-Za-z0-9\-.!%*_+`\'~\[\]:/@&$?()]+))?\s*',
    re.ASCII,
)
# What is never closed runs to the end, once: trying again from each later quote would take quadratic time.
_QUOTED_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|<[^>]*(?:>|\Z)|,', re.DOTALL)


# The same few values stand in every message of a call, and each message is taken apart more than once on its way.
# What these return is never changed; what they refuse is not kept.
_remembered = functools.lru_cache(maxsize=2048)


class SipParseError(CallfloorError):
    """Bytes that are not a SIP message we accept.

    ``status`` is the SIP status to refuse it with; ``request`` is what could be read of it, if that is enough to
    address an answer (Via, From, To, Call-ID and CSeq are sound), else None: then silence is the only answer.
    """

    def __init__(self, what: str, status: int = 400) -> None:
        super().__init__(what)
        self.status = status
        self.request: Request | None = None


def _params(text: str, what: str) -> dict[str, str | None]:
    """``;a=b;c`` as a mapping with lower-case names. Raises SipParseError (bad syntax, a name twice)."""
    found: dict[str, str | None] = {}
    position = 0
    while position < len(text):
        match = _PARAM.match(text, position)
        if match is None or match["name"].lower() in found:
            raise SipParseError(f"{what}: bad parameters {text[position : position + 40]!r}")
        found[match["name"].lower()] = match["value"]
        position = match.end()
    return found


def _render(params: Mapping[str, str | None]) -> str:
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params.items())


def _port(text: str | None, what: str) -> int | None:
    if text is None:
        return None
    if not 0 < int(text) <= 65535:
        raise SipParseError(f"{what}: port {text} is out of range")
    return int(text)


@dataclass(frozen=True)
class SipUri:
    """A sip: or sips: URI. ``params`` and ``headers`` keep the order and case they came with."""

    user: str
    host: str
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict)
    headers: str = ""
    scheme: str = "sip"

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{_render(self.params)}{headers}"


@_remembered
def parse_uri(text: str) -> SipUri:
    """Raises SipParseError; status 416 where the scheme is not sip or sips."""
    match = _URI.fullmatch(text)
    if match is None:
        scheme = _SCHEME.match(text)
        other = scheme is not None and scheme[1].lower() not in ("sip", "sips")
        raise SipParseError(f"not a SIP URI: {text[:60]!r}", 416 if other else 400)
    params: dict[str, str | None] = {}
    for item in filter(None, match["params"].split(";")):
        name, equals, value = item.partition("=")
        if name.lower() in params:
            raise SipParseError(f"URI parameter {name!r} stands twice")
        params[name.lower()] = value if equals else None
    return SipUri(
        match["user"] or "",
        match["host"],
        _port(match["port"], "URI"),
        params,
        match["headers"] or "",
        match["scheme"].lower(),
    )


@dataclass(frozen=True)
class NameAddr:
    """``"Display" <uri>;params``: the value of From, To, Contact, Route and Record-Route."""

    uri: str
    display: str = ""
    params: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The tag parameter, or ""."""
        return self.params.get("tag") or ""

    def __str__(self) -> str:
        display = f"{self.display} " if self.display else ""
        return f"{display}<{self.uri}>{_render(self.params)}"


@_remembered
def parse_name_addr(text: str) -> NameAddr:
    """Raises SipParseError; the URI inside is a sound sip:, sips: or tel: URI."""
    match = _NAME_ADDR.fullmatch(text)
    if match is None:
        raise SipParseError(f"not an address: {text[:60]!r}")
    uri = match["uri"] or match["bare"]
    if not _TEL.fullmatch(uri):
        try:
            parse_uri(uri)
        except SipParseError as error:
            raise SipParseError(str(error)) from None
    return NameAddr(uri, (match["display"] or "").strip(), _params(match["params"], "address"))


@dataclass(frozen=True)
class Via:
    """One Via (RFC 3261 20.42, rport and received: RFC 3581)."""

    transport: str
    host: str
    port: int | None
    params: Mapping[str, str | None]

    @property
    def branch(self) -> str:
        """The branch parameter, or ""."""
        return self.params.get("branch") or ""

    def reply_address(self) -> tuple[str, int]:
        """Where an answer over UDP goes: received/rport where given, else sent-by (RFC 3581 section 4)."""
        rport = self.params.get("rport")
        return (self.params.get("received") or self.host).strip("[]"), int(rport) if rport else self.port or 5060

    def seen_from(self, host: str, port: int) -> Via:
        """The Via with what the socket saw: received where it differs from sent-by, rport where it was asked for."""
        params = {name: value for name, value in self.params.items() if name != "received"}
        if "rport" in params:
            params["rport"] = str(port)
        if "rport" in params or self.host.strip("[]") != host:
            params["received"] = host
        return Via(self.transport, self.host, self.port, params)

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {self.host}{port}{_render(self.params)}"


@_remembered
def parse_via(text: str) -> Via:
    """Raises SipParseError."""
    match = _VIA.fullmatch(text.strip())
    if match is None:
        raise SipParseError(f"not a Via: {text[:60]!r}")
    params = _params(match["params"], "Via")
    rport = params.get("rport")
    if rport is not None and not (rport.isascii() and rport.isdigit() and 0 < int(rport[:6]) <= 65535):
        raise SipParseError("Via: bad rport")
    return Via(match["transport"].upper(), match["host"], _port(match["port"], "Via"), params)


@dataclass(frozen=True)
class CSeq:
    """Sequence number (below 2**31) and method of a transaction."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_cseq(text: str) -> CSeq:
    """Raises SipParseError."""
    match = _CSEQ.fullmatch(text.strip())
    if match is None or int(match[1]) >= 2**31:
        raise SipParseError(f"not a CSeq: {text[:40]!r}")
    return CSeq(int(match[1]), match[2])


def split_list(text: str) -> list[str]:
    """The elements of a comma-joined header; commas inside quotes and angle brackets do not count."""
    parts, start = [], 0
    for match in _QUOTED_OR_COMMA.finditer(text):
        if match[0] == ",":
            parts.append(text[start : match.start()].strip())
            start = match.end()
    parts.append(text[start:].strip())
    return parts
