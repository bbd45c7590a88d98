"""What may pass: header names by who says them, and bodies. Pure.

``X-*`` and asserted identities count only from a trunk; ``X-Callfloor-*`` is ours alone, and goes out to agents'
stations only (they need the contact's id), never to a customer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from voice.front.flows import Side
from voice.front.grammar import SipParseError
from voice.front.message import Request, Response
from voice.front.sdp import filter_sdp

_OURS = "x-callfloor-"
_ASSERTED = ("p-asserted-identity", "remote-party-id")
_SESSION = ("INVITE", "ACK", "UPDATE")
# pjsua walks a digit's INFO body without looking where it ends, and aborts: only what is known word for word passes.
_SMALL_BODIES = {
    ("INFO", "application/dtmf-relay"): re.compile(rb"Signal= ?([0-9A-D*#])\s*(?:Duration= ?([0-9]{1,5})\s*)?"),
    ("INFO", "application/dtmf"): re.compile(rb"([0-9A-D*#])\s*"),
    ("NOTIFY", "message/sipfrag"): re.compile(rb"SIP/2\.0 [1-6][0-9]{2} [ -~]{0,100}\s*"),
    ("MESSAGE", "text/plain"): re.compile(rb"[^\0]*"),
}

# pjsip drops a NOTIFY whose Subscription-State it cannot read, and linphone 5 says reason=reason=noresource.
_STATE_PARAMETER = re.compile(r"\s*[A-Za-z0-9.!%*_+`'~-]+\s*(?:=\s*[A-Za-z0-9.!%*_+`'~-]+)?\s*")

AnyMessage = TypeVar("AnyMessage", Request, Response)


def clean_headers(message: AnyMessage, source: Side, *, trunk: bool = False, keep_ours: bool = False) -> AnyMessage:
    """``message`` without the headers its sender has no right to; ``keep_ours``: it goes to an agent's station."""

    def unwanted(name: str) -> bool:
        lower = name.lower()
        if lower.startswith(_OURS):
            return source is Side.OUTER or not keep_ours
        if source is Side.INNER:
            return lower.startswith("x-")
        return not trunk and (lower.startswith("x-") or lower in _ASSERTED)

    return without_reliability(replace(message, headers=message.headers.without(unwanted)))


def says_ours(message: AnyMessage) -> bool:
    """Whether it carries a header that only our own workers may write; a proxy before us takes it from all others."""
    return any(name.lower().startswith(_OURS) for name, _ in message.headers)


def without_reliability(message: AnyMessage) -> AnyMessage:
    """Nobody may offer 100rel through us: its PRACK is not among the methods we pass."""
    values = message.headers.all("Supported")
    if not any("100rel" in value for value in values):
        return message
    options = [option.strip() for value in values for option in value.split(",")]
    kept = ", ".join(option for option in options if option.lower() != "100rel")
    return replace(message, headers=message.headers.put("Supported", kept))


def clean_request(request: Request, source: Side, *, trunk: bool, plain: bool = False) -> Request:
    """A request from the network, safe for a worker. Raises SipParseError (415, 400, 488). ``plain``: no SRTP."""
    return clean_request_body(clean_headers(request, source, trunk=trunk), plain=plain)


def clean_request_body(request: Request, *, plain: bool = False) -> Request:
    """``request`` with a body that is safe for native code. Raises SipParseError (415, 400, 488)."""
    if request.method == "NOTIFY":
        request = _readable_state(request)
    if not request.body:
        return request
    if request.method in _SESSION and request.content_type == "application/sdp":
        return replace(request, body=filter_sdp(request.body, answer=request.method == "ACK", plain=plain))
    wanted = _SMALL_BODIES.get((request.method, request.content_type))
    if wanted is None:
        raise SipParseError(f"{request.method} with {request.content_type}", 415)
    found = wanted.fullmatch(request.body)
    if found is None:
        raise SipParseError(f"a body that is no {request.content_type}")
    if request.content_type == "application/dtmf-relay":
        body = b"Signal=%s\r\nDuration=%s\r\n" % (found[1], found[2] or b"160")
        return replace(request, body=body)
    return request


def _readable_state(request: Request) -> Request:
    """``request`` without the parameters of its Subscription-State that are none (RFC 6665 8.2.1)."""
    values = request.headers.all("Subscription-State")
    kept = (";".join(part for part in value.split(";") if _STATE_PARAMETER.fullmatch(part)) for value in values)
    return replace(request, headers=request.headers.put("Subscription-State", *kept))


def clean_response(response: Response, *, trunk: bool) -> Response:
    """A response from the network, safe for a worker: a body that is not sound SDP is dropped, not the response."""
    return clean_response_body(clean_headers(response, Side.OUTER, trunk=trunk))


def clean_response_body(response: Response) -> Response:
    """``response`` with a body that is sound SDP, or without one."""
    if not response.body:
        return response
    try:
        if response.content_type != "application/sdp":
            raise SipParseError("only SDP is expected in a response")
        return replace(response, body=filter_sdp(response.body, answer=True))
    except SipParseError:
        headers = response.headers.without(lambda name: name == "Content-Type")
        return replace(response, headers=headers, body=b"")
