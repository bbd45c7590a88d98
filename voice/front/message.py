"""SIP messages: a strict parser and a serialiser (RFC 3261 section 7 and 25). Pure; bytes in, values out.

Stricter than the RFC where native code behind us has been seen to fail: 3600 bytes at most, eleven methods, no
multipart bodies, no content encodings, no control characters. A Via without branch (RFC 2543) is accepted. Addresses
are checked before anybody trusts them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from voice.front.grammar import (
    ATOM,
    CSeq,
    NameAddr,
    SipParseError,
    SipUri,
    Via,
    parse_cseq,
    parse_name_addr,
    parse_uri,
    parse_via,
    split_list,
)
from voice.front.headers import Headers, canonical, is_list

__all__ = ["METHODS", "Headers", "Message", "Request", "Response", "SipParseError", "parse", "respond"]

MAX_MESSAGE = 3600  # bytes; pjsip truncates datagrams above 4000 without a word, and we add Via and Record-Route
MAX_FIELDS = 96
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "MESSAGE", "REFER", "NOTIFY", "UPDATE")
ALLOW = ", ".join(METHODS)

_SINGLE = ("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Expires")
_FIELD = re.compile(rf"({ATOM})[ \t]*:[ \t]*(.*)", re.DOTALL | re.ASCII)
_FOLD = re.compile(r"\r\n[ \t]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_REQUEST_LINE = re.compile(rf"({ATOM}) (\S+) (SIP/\d\.\d)", re.IGNORECASE | re.ASCII)
_SPACED_LINE = re.compile(rf"({ATOM}) [ -~]+ SIP/2\.0 *", re.IGNORECASE | re.ASCII)  # enough for a 400
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE | re.ASCII)
_OTHER_VERSION = re.compile(r"^SIP/\d\.\d", re.IGNORECASE)
_CALL_ID = re.compile(r"[!-~]{1,200}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_ADDRESSES = ("Route", "Record-Route", "Contact")

_REASONS = {
    100: "Trying",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}


@dataclass(frozen=True)
class Message:
    """What requests and responses share. ``body`` is raw; Content-Length is written from it."""

    headers: Headers
    body: bytes = field(default=b"", kw_only=True)

    @cached_property
    def call_id(self) -> str:
        """Call-ID."""
        return self.headers.get("Call-ID") or ""

    @cached_property
    def cseq(self) -> CSeq:
        """CSeq."""
        return parse_cseq(self.headers.get("CSeq") or "")

    @cached_property
    def via(self) -> Via:
        """The topmost Via."""
        return parse_via(self.headers.get("Via") or "")

    @cached_property
    def from_(self) -> NameAddr:
        """From."""
        return parse_name_addr(self.headers.get("From") or "")

    @cached_property
    def to(self) -> NameAddr:
        """To."""
        return parse_name_addr(self.headers.get("To") or "")

    @cached_property
    def contact(self) -> NameAddr | None:
        """The first Contact, None where there is none or it is ``*``."""
        value = self.headers.get("Contact")
        return None if value is None or value == "*" else parse_name_addr(value)

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters, "" where there is none."""
        return (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()

    def _to_bytes(self, start: str) -> bytes:
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers if name != "Content-Length")
        head = f"{start}\r\n{fields}Content-Length: {len(self.body)}\r\n\r\n"
        return head.encode() + self.body


@dataclass(frozen=True)
class Request(Message):
    """A request. ``uri`` is the Request-URI as written."""

    method: str = field(kw_only=True)
    uri: str = field(kw_only=True)

    @cached_property
    def target(self) -> SipUri:
        """The Request-URI, parsed."""
        return parse_uri(self.uri)

    def to_bytes(self) -> bytes:
        """The message on the wire."""
        return self._to_bytes(f"{self.method} {self.uri} SIP/2.0")


@dataclass(frozen=True)
class Response(Message):
    """A response."""

    status: int = field(kw_only=True)
    reason: str = field(default="", kw_only=True)

    def to_bytes(self) -> bytes:
        """The message on the wire."""
        return self._to_bytes(f"SIP/2.0 {self.status} {self.reason}")


def respond(request: Request, status: int, extra: Iterable[tuple[str, str]] = (), *, tag: str = "") -> Response:
    """Our own answer to ``request`` (RFC 3261 8.2.6).

    A To without a tag gets ``tag``, or one that is the same for every retransmission of the request (8.2.7).
    """
    vias = request.headers.all("Via")
    to = request.headers.get("To") or ""
    if status > 100:
        tag = tag or hashlib.sha256(f"{request.call_id} {vias[0]}".encode()).hexdigest()[:16]
        to = _tagged(to, tag)
    fields = [("Via", value) for value in vias]
    fields += [("From", request.headers.get("From") or ""), ("To", to), ("Call-ID", request.call_id)]
    fields += [("CSeq", request.headers.get("CSeq") or ""), *extra]
    return Response(Headers(fields), status=status, reason=_REASONS.get(status, "Refused"))


def _tagged(to: str, tag: str) -> str:
    """The value of To with ``tag`` where it has none; as it came where it is not sound and is answered with 400."""
    try:
        party = parse_name_addr(to)
    except SipParseError:
        return to
    return to if party.tag else str(replace(party, params={**party.params, "tag": tag}))


def parse(data: bytes) -> Request | Response:
    """One whole message, as a datagram or a frame of a stream. Raises SipParseError."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        raise SipParseError("no empty line after the headers")
    try:
        text = head.decode()
    except UnicodeDecodeError:
        raise SipParseError("headers are not UTF-8") from None
    start, _, rest = _FOLD.sub(" ", text).partition("\r\n")
    fields = Headers(_fields(rest))
    if status_line := _STATUS_LINE.fullmatch(start):
        response = Response(fields, body=body, status=int(status_line[1]), reason=status_line[2] or "")
        _check_message(response)
        return replace(response, body=_body(response, len(data)))
    line = _REQUEST_LINE.fullmatch(start)
    if line is None or _FORBIDDEN.search(start):
        error = SipParseError(f"not a request line: {start[:60]!r}")
        if spaced := _SPACED_LINE.fullmatch(start):
            error.request = _answerable(Request(fields, method=spaced[1], uri=""))
        raise error
    request = Request(fields, body=body, method=line[1], uri=line[2])
    try:
        _check_request(request, line[3])
        return replace(request, body=_body(request, len(data)))
    except SipParseError as error:
        error.request = _answerable(request)
        raise


def _fields(text: str) -> Iterator[tuple[str, str]]:
    lines = text.split("\r\n")
    if len(lines) > MAX_FIELDS:
        raise SipParseError("too many header fields")
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None or _FORBIDDEN.search(line):
            raise SipParseError(f"not a header field: {line[:60]!r}")
        name = canonical(match[1])
        value = match[2].strip()
        if is_list(name) and "," in value:
            yield from ((name, part) for part in split_list(value))
        else:
            yield name, value


def _check_message(message: Message) -> None:
    names = [name for name, _ in message.headers]
    for name in _SINGLE:
        if names.count(name) > 1:
            raise SipParseError(f"{name} stands twice")
    if not _CALL_ID.fullmatch(message.call_id):
        raise SipParseError("Call-ID is missing or malformed")
    for value in message.headers.all("Via"):
        parse_via(value)
    if not message.from_.tag:
        raise SipParseError("From has no tag")
    _ = message.via, message.to, message.cseq
    for name in _ADDRESSES:
        for value in message.headers.all(name):
            if value != "*" or name != "Contact":
                parse_name_addr(value)


def _check_request(request: Request, version: str) -> None:
    if version.upper() != "SIP/2.0":
        raise SipParseError(f"version {version}", 505)
    _check_message(request)
    if request.cseq.method != request.method:
        raise SipParseError("CSeq names another method")
    if request.method not in METHODS:
        raise SipParseError(f"method {request.method[:32]}", 405)
    if request.target.scheme != "sip":
        raise SipParseError("sips: is not served here", 416)
    if request.target.headers:
        raise SipParseError("a Request-URI has no headers (RFC 3261 19.1.1)")
    for name in ("Max-Forwards", "Expires"):
        value = request.headers.get(name)
        if value is not None and not _NUMBER.fullmatch(value):
            raise SipParseError(f"{name} is not a number")


def _body(message: Message, size: int) -> bytes:
    """The body by Content-Length (RFC 3261 18.3): bytes beyond it are dropped, bytes missing are an error."""
    if size > MAX_MESSAGE:
        raise SipParseError(f"{size} bytes; at most {MAX_MESSAGE}", 513)
    written = message.headers.get("Content-Length")
    length = len(message.body)
    if written is not None:
        if not _NUMBER.fullmatch(written) or int(written) > length:
            raise SipParseError("Content-Length does not fit the body")
        length = int(written)
    if length and not message.content_type:
        raise SipParseError("a body without Content-Type")
    if message.content_type.startswith("multipart/"):
        raise SipParseError("multipart bodies are not accepted", 415)
    if (message.headers.get("Content-Encoding") or "identity").lower() != "identity":
        raise SipParseError("encoded bodies are not accepted", 415)
    return message.body[:length]


def _answerable(request: Request) -> Request | None:
    """``request`` if an answer to it can be addressed: never to an ACK (RFC 3261 17).

    A Via is needed, and From, To, Call-ID and CSeq to give back as they came, even where they are what is wrong.
    """
    try:
        for value in request.headers.all("Via"):
            parse_via(_OTHER_VERSION.sub("SIP/2.0", value))
    except SipParseError:
        return None
    whole = all(request.headers.get(name) for name in ("Via", "From", "To", "CSeq"))
    return request if whole and request.method != "ACK" and _CALL_ID.fullmatch(request.call_id) else None
