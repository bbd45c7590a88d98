from __future__ import annotations

import pytest

from tests.front.texts import wire
from voice.front.message import SipParseError
from voice.front.sdp import filter_sdp

HEAD = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"


def filtered(media: str, *, answer: bool = False) -> str:
    out = filter_sdp(wire(HEAD + media), answer=answer).decode()
    assert out.startswith(HEAD.replace("\n", "\r\n"))
    return out.replace("\r\n", "\n").removeprefix(HEAD)


def test_only_our_codecs_and_events_stay() -> None:
    offer = (
        "m=audio 4000 RTP/AVP 96 9 0 3 8 101 97\n"
        "a=rtpmap:96 opus/48000/2\na=fmtp:96 useinbandfec=1\na=rtpmap:9 G722/8000\na=rtpmap:0 PCMU/8000/1\n"
        "a=rtpmap:97 speex/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\n"
        "a=ptime:20\na=maxptime:150\na=rtcp:4001 IN IP4 192.0.2.1\na=ssrc:1 cname:x\na=sendrecv\n"
    )
    assert filtered(offer) == (
        "m=audio 4000 RTP/AVP 9 0 8 101\n"
        "a=rtpmap:9 G722/8000\na=rtpmap:0 PCMU/8000/1\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\n"
        "a=ptime:20\na=rtcp:4001 IN IP4 192.0.2.1\na=sendrecv\n"
    )


@pytest.mark.parametrize("line", ["ptime:30", "ptime:0", "maxptime:10", "candidate:1 1 UDP 1 192.0.2.1 4 typ host"])
def test_odd_packet_times_and_ice_go(line: str) -> None:
    assert filtered(f"m=audio 4000 RTP/AVP 0\na={line}\n") == "m=audio 4000 RTP/AVP 0\n"


def test_other_streams_are_switched_off_in_place() -> None:
    offer = "m=video 5000 RTP/AVP 97\na=rtpmap:97 H264/90000\nm=audio 4000 RTP/AVP 8\nm=audio 4002 RTP/SAVPF 0\n"
    assert filtered(offer) == "m=video 0 RTP/AVP 97\nm=audio 4000 RTP/AVP 8\nm=audio 0 RTP/SAVPF 0\n"


def test_a_static_number_with_another_codec_is_that_codec() -> None:
    with pytest.raises(SipParseError) as caught:
        filtered("m=audio 4000 RTP/AVP 0\na=rtpmap:0 speex/8000\n")
    assert caught.value.status == 488


def test_events_alone_are_no_conversation() -> None:
    media = "m=audio 4000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000\n"
    with pytest.raises(SipParseError):
        filtered(media)
    assert filtered(media, answer=True) == "m=audio 0 RTP/AVP 101\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (HEAD + "m=audio 4000 RTP/AVP 0\n" * 4, 488),
        (HEAD.replace("c=IN IP4 192.0.2.1\n", "") + "m=audio 4000 RTP/AVP 0\n", 400),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN IP4 host.example.org") + "m=audio 4000 RTP/AVP 0\n", 488),
        (HEAD, 400),
        ("", 400),
        (HEAD.replace("v=0", "v=1") + "m=audio 4000 RTP/AVP 0\n", 400),
        (HEAD + "m=audio 70000 RTP/AVP 0\n", 400),
        (HEAD + "m=audio 4000 RTP/AVP\n", 400),
        (HEAD + "garbage\n", 400),
    ],
)
def test_refused(body: str, status: int) -> None:
    with pytest.raises(SipParseError) as caught:
        filter_sdp(wire(body))
    assert caught.value.status == status
