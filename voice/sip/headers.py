"""SIP text in and out: headers of a received message, name-addr, and the checks on what we are asked to send."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voice.phone import PhoneError, PhoneFailure

MAX_HEADER_BYTES = 2000  # a datagram holds 4000 bytes, silently cut there; SDP and our own headers need the rest

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")  # RFC 3261 §25.1 token
_PRINTABLE = re.compile(r"[\x20-\x7e]{0,1024}")
_PARAM = r"[A-Za-z0-9_.!~*'()+%\[\]/:&$-]"
_SIP_URI = re.compile(
    r"sips?:(?:[A-Za-z0-9_.!~*'()&=+$,;?/%:#-]{1,128}@)?"  # user
    r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?"  # host and port
    rf"(?:;{_PARAM}+(?:={_PARAM}*)?)*"
)
_NAME_ADDR = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>')
_DIGITS = re.compile(r"[0-9*#A-Da-d]{1,32}")
_COMPACT = {
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from",
    "s": "subject", "k": "supported", "t": "to", "v": "via", "o": "event", "r": "refer-to", "b": "referred-by",
    "x": "session-expires",
}  # fmt: skip


def parse_headers(message: str) -> dict[str, str]:
    """Headers of a SIP message by lower-case long name; repeated ones are joined by ``", "`` (RFC 3261 §7.3.1).

    Tolerant: PJSIP has parsed the message already; a line without a colon is skipped.
    """
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    head = re.sub(r"\r?\n[ \t]+", " ", head)
    headers: dict[str, str] = {}
    for line in re.split(r"\r?\n", head)[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            continue
        name = name.strip().lower()
        name = _COMPACT.get(name, name)
        value = value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def parse_name_addr(value: str) -> tuple[str, str]:
    """``(display name, URI)`` of a From, To or Contact value (RFC 3261 §20.10)."""
    if match := _NAME_ADDR.match(value):
        quoted, plain, uri = match.groups()
        display = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain.strip()
        return display, uri.strip()
    return "", value.split(";", 1)[0].strip()


def check_uri(uri: str) -> None:
    """Refuse what is not a plain SIP URI (no header part, no angle brackets). Raises PhoneError BAD_ADDRESS."""
    if len(uri) > 512 or not _SIP_URI.fullmatch(uri):
        raise PhoneError(PhoneFailure.BAD_ADDRESS, repr(uri[:80]))


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse names that are not tokens, values that are not one printable line, too much. Raises PhoneError."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _PRINTABLE.fullmatch(value):
            raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"header {name[:64]!r} cannot be sent")
    if sum(len(name) + len(value) + 4 for name, value in headers.items()) > MAX_HEADER_BYTES:
        raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"headers exceed {MAX_HEADER_BYTES} bytes")


def check_digits(digits: str) -> None:
    """Refuse anything but 1 to 32 of ``0-9*#A-D``. Raises PhoneError."""
    if not _DIGITS.fullmatch(digits):
        raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{digits[:40]!r} is not 1 to 32 of 0-9*#A-D")


def check_final_code(code: int) -> None:
    """A final response that refuses a call is 300 to 699; 0 leaves it to us. Raises PhoneError."""
    if code != 0 and not 300 <= code <= 699:
        raise PhoneError(PhoneFailure.BAD_ARGUMENT, f"{code} cannot refuse a call (300 to 699 can)")
