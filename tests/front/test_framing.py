from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.front.texts import good
from voice.front.framing import StreamFramer
from voice.front.message import SipParseError, parse

ONE = parse(good("invite")).to_bytes()
TWO = parse(good("ok")).to_bytes()


@given(st.lists(st.integers(1, 200), max_size=40))
def test_any_cut_gives_the_same_messages(sizes: list[int]) -> None:
    stream = ONE + b"\r\n\r\n" + TWO + b"\r\n" + ONE
    framer, frames, position = StreamFramer(), list[bytes](), 0
    for size in [*sizes, len(stream)]:
        frames += framer.feed(stream[position : position + size])
        position += size
    assert frames == [ONE, StreamFramer.PING, TWO, ONE]


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"x" * 3601, "no end of headers"),
        (b"BYE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", "exactly one Content-Length"),
        (b"BYE sip:a@b SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n", "exactly one Content-Length"),
        (b"BYE sip:a@b SIP/2.0\r\nContent-Length: 99999\r\n\r\n", "at most 3600"),
    ],
)
def test_what_cannot_be_framed(stream: bytes, reason: str) -> None:
    with pytest.raises(SipParseError, match=reason):
        StreamFramer().feed(stream)


def test_a_burst_of_pings_is_cut_without_copying_the_rest_for_each() -> None:
    burst = StreamFramer.PING * 100_000
    started = time.process_time()
    assert len(StreamFramer().feed(burst + ONE)) == 100_001
    assert time.process_time() - started < 0.5  # seconds when each frame copied what was left
