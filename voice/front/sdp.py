"""The SDP filter (RFC 4566, RFC 3264): what reaches the workers' media code is only what we can and want to speak.

Kept: PCMU, PCMA, G722 and telephone-event on RTP/AVP or RTP/SAVP with a plain address. Gone: every other codec, ptime
other than 20, ICE candidates, and every attribute not named here. A stream we do not want is switched off with
port 0, in place, so that offer and answer keep the same number of m-lines.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from voice.front.grammar import SipParseError

MAX_STREAMS = 3  # a worker's process aborts on a few offers with ten
_CODECS = {"pcmu/8000", "pcma/8000", "g722/8000"}
_EVENTS = "telephone-event/8000"
_STATIC = {0: "pcmu/8000", 8: "pcma/8000", 9: "g722/8000"}
_PROFILES = ("RTP/AVP", "RTP/SAVP")
_PLAIN = {"sendrecv", "sendonly", "recvonly", "inactive"}
_LINE = re.compile(r"([a-z])=([^\x00-\x1f\x7f]*)")
_MEDIA = re.compile(r"([a-z]{1,16}) ([0-9]{1,5})(?:/1)? ([A-Za-z0-9/]{1,32})((?: [!-~]{1,32}){1,64})")
_RTPMAP = re.compile(r"a=rtpmap:([0-9]{1,3}) ([!-~]{1,64})")
_FMTP = re.compile(r"([0-9]{1,3}) ([0-9,-]{1,64})")
_RTCP = re.compile(r"[0-9]{1,5}(?: IN IP[46] [0-9A-Fa-f:.]{2,45})?")
_CRYPTO = re.compile(r"[0-9]{1,9} [A-Za-z0-9_]{1,64} inline:[!-~]{1,128}")


@dataclass
class _Stream:
    kind: str
    port: int
    profile: str
    formats: list[str]
    lines: list[tuple[str, str]] = field(default_factory=list)


def filter_sdp(body: bytes, *, answer: bool = False, plain: bool = False) -> bytes:
    """The session description with only what we accept.

    Raises SipParseError: 400 where it is malformed, 488 where more than three streams or nothing of ours remains; an
    ``answer`` is too late to refuse, so there nothing remaining means every stream is off. ``plain``: RTP/SAVP is not
    ours to speak either, so an offer of nothing else is refused here and not after a worker was used for it.
    """
    session, streams = _split(body)
    if len(streams) > MAX_STREAMS:
        raise SipParseError(f"{len(streams)} media lines; at most {MAX_STREAMS}", 488)
    _check_addresses(session, streams)
    out = [f"{key}={value}" for key, value in session if key in "vosctb" or (key == "a" and value in _PLAIN)]
    usable = False
    for stream in streams:
        lines = None if plain and stream.profile != _PROFILES[0] else _audio(stream)
        usable = usable or lines is not None
        out += lines if lines is not None else [f"m={stream.kind} 0 {stream.profile} {' '.join(stream.formats)}"]
    if not usable and not answer:
        raise SipParseError("no stream speaks PCMU, PCMA or G722", 488)
    return "".join(f"{line}\r\n" for line in out).encode()


def _split(body: bytes) -> tuple[list[tuple[str, str]], list[_Stream]]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise SipParseError("SDP is not UTF-8") from None
    session: list[tuple[str, str]] = []
    streams: list[_Stream] = []
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            raise SipParseError(f"not an SDP line: {line[:40]!r}")
        if match[1] == "m":
            streams.append(_media(match[2]))
        else:
            (streams[-1].lines if streams else session).append((match[1], match[2]))
    keys = [key for key, _ in session]
    if keys[:3] != ["v", "o", "s"] or session[0][1] != "0" or keys.count("c") > 1 or "t" not in keys or not streams:
        raise SipParseError("SDP lacks v=0, o=, s=, t= or a media line")
    return session, streams


def _media(value: str) -> _Stream:
    match = _MEDIA.fullmatch(value)
    if match is None or int(match[2]) > 65535:
        raise SipParseError(f"not a media line: m={value[:40]}")
    return _Stream(match[1], int(match[2]), match[3], match[4].split())


def _check_addresses(session: list[tuple[str, str]], streams: list[_Stream]) -> None:
    """Every stream has one connection address, an IP literal: a name would make the worker wait for DNS."""
    common = [value for key, value in session if key == "c"]
    for stream in streams:
        own = [value for key, value in stream.lines if key == "c"]
        if len(own) > 1 or not (own or common):
            raise SipParseError("a media line needs one c= line")
        parts = (own or common)[0].split(" ")
        try:
            ipaddress.ip_address(parts[2] if parts[:2] in (["IN", "IP4"], ["IN", "IP6"]) else "")
        except (ValueError, IndexError):
            raise SipParseError("c= is not an IP address", 488) from None


def _audio(stream: _Stream) -> list[str] | None:
    """The lines of an audio stream with only our codecs, or None: not a stream we speak."""
    if stream.kind != "audio" or stream.profile not in _PROFILES:
        return None
    maps = {int(m[1]): m[2] for key, value in stream.lines if (m := _RTPMAP.fullmatch(f"{key}={value}"))}
    kept: list[int] = []
    speaks = False
    for text in dict.fromkeys(stream.formats):
        payload = int(text) if text.isascii() and text.isdigit() and int(text) < 128 else -1
        codec = maps.get(payload, _STATIC.get(payload, "")).lower().removesuffix("/1")
        if codec in _CODECS or codec == _EVENTS:
            kept.append(payload)
            speaks = speaks or codec in _CODECS
    if not speaks:
        return None
    lines = [f"m=audio {stream.port} {stream.profile} {' '.join(map(str, kept))}"]
    lines += [f"{key}={value}" for key, value in stream.lines if key in "cb"]
    return lines + [f"a={value}" for key, value in stream.lines if key == "a" and _wanted(value, kept)]


def _wanted(attribute: str, kept: list[int]) -> bool:
    name, _, value = attribute.partition(":")
    if name == "rtpmap":
        match = _RTPMAP.fullmatch(f"a={attribute}")
        return match is not None and int(match[1]) in kept
    if name == "fmtp":
        match = _FMTP.fullmatch(value)  # only telephone-event has one worth keeping: "101 0-16"
        return match is not None and int(match[1]) in kept
    if name in ("ptime", "maxptime"):
        return value == "20"
    if name == "rtcp":
        return _RTCP.fullmatch(value) is not None
    if name == "crypto":
        return _CRYPTO.fullmatch(value) is not None
    return attribute in _PLAIN
