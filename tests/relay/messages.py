"""SIP texts as the phone and a server write them, and a relay between the two."""

from __future__ import annotations

from voice.front.message import Request, Response, parse
from voice.relay.core import Effect, RelayCore, ToPhone, ToServer, Transport

INNER = ("127.0.0.1", 40000)
PHONE = ("127.0.0.1", 50000)
LOCAL = ("192.0.2.50", 41234)
REMOTE = ("192.0.2.1", 5061)

SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


def relay(*, up: bool = True) -> RelayCore:
    core = RelayCore(b"key", INNER)
    core.phone = PHONE
    if up:
        core.connected(Transport.TLS, LOCAL, REMOTE)
    return core


def text(start: str, *fields: str, body: str = "") -> bytes:
    head = "\r\n".join([start, *fields, f"Content-Length: {len(body)}"])
    return f"{head}\r\n\r\n{body}".encode()


def of_phone(method: str, *more: str, uri: str = "sip:callfloor", to_tag: str = "", cseq: int = 1) -> bytes:
    return text(
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:50000;rport;branch=z9hG4bKphone{cseq}",
        "Max-Forwards: 70",
        f"Route: <sip:{INNER[0]}:{INNER[1]};transport=udp;lr>",
        "From: <sip:anna@callfloor>;tag=a",
        f"To: <sip:anna@callfloor>{to_tag and ';tag=' + to_tag}",
        "Call-ID: call-1",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:anna@127.0.0.1:50000;ob>",
        *more,
    )


def of_server(
    method: str, *more: str, number: int = 1, to_tag: str = "", body: str | None = None, transport: str = "TLS"
) -> bytes:
    offer = (SDP if method == "INVITE" else "") if body is None else body
    typed = ("Content-Type: application/sdp",) if offer else ()
    return text(
        f"{method} sip:anna@192.0.2.50:41234;transport=tls SIP/2.0",
        f"Via: SIP/2.0/{transport} 192.0.2.1:5061;branch=z9hG4bKserver{number}",
        "Max-Forwards: 70",
        "From: <sip:bell@callfloor>;tag=b",
        f"To: <sip:anna@callfloor>{to_tag and ';tag=' + to_tag}",
        f"Call-ID: in-{number}",
        f"CSeq: 1 {method}",
        "Contact: <sip:bell@192.0.2.1:5061;transport=tls>",
        *typed,
        *more,
        body=offer,
    )


def request_to_server(effects: list[Effect]) -> Request:
    (effect,) = effects
    assert isinstance(effect, ToServer)
    message = parse(effect.data)
    assert isinstance(message, Request)
    return message


def response_to_server(effects: list[Effect]) -> Response:
    (effect,) = effects
    assert isinstance(effect, ToServer)
    message = parse(effect.data)
    assert isinstance(message, Response)
    return message


def request_to_phone(effects: list[Effect]) -> Request:
    (effect,) = effects
    assert isinstance(effect, ToPhone)
    message = parse(effect.data)
    assert isinstance(message, Request)
    return message


def response_to_phone(effects: list[Effect]) -> Response:
    (effect,) = effects
    assert isinstance(effect, ToPhone)
    message = parse(effect.data)
    assert isinstance(message, Response)
    return message
