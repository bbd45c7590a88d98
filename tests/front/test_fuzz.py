"""Hypothesis against parser and pure core: whatever comes, no exception but SipParseError, and sound SIP out."""

from __future__ import annotations

import contextlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.front.desk import OUTER, STATION, STRANGER, TRUNK, Desk, request_of, worker_flow
from tests.front.test_rfc4475 import tortures
from tests.front.texts import GOLDEN, good
from voice.front.content import clean_request, clean_response
from voice.front.flows import Side
from voice.front.message import MAX_MESSAGE, Request, SipParseError, parse

SEEDS = [good(path.stem) for path in sorted((GOLDEN / "good").glob("*.txt"))] + [each.wire for each in tortures()]
BITS = [
    b"",
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"<",
    b">",
    b'"',
    b";",
    b",",
    b":",
    b"@",
    b"%00",
    b"\xff",
    b"9" * 40,
    b"=",
    b"(",
]


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A known message with a few places cut out, doubled, or replaced."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        kept = draw(st.sampled_from((b"", data[start:end] * 2)))
        data = data[:start] + draw(st.sampled_from(BITS) | st.binary(max_size=8)) + kept + data[end:]
    return data


@given(st.binary(max_size=400) | mutants())
def test_the_parser_refuses_or_understands(data: bytes) -> None:
    with contextlib.suppress(SipParseError):
        message = parse(data)
        assert len(data) <= MAX_MESSAGE
        _ = message.via, message.from_, message.to, message.cseq, message.contact
        again = message.to_bytes()
        if len(again) <= MAX_MESSAGE:
            assert parse(again).to_bytes() == again
        head, _, body = again.partition(b"\r\n\r\n")
        assert len(body) == len(message.body)
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", head)


@given(mutants())
def test_what_passes_the_filter_passes_it_again_unchanged(data: bytes) -> None:
    with contextlib.suppress(SipParseError):
        message = parse(data)
        if isinstance(message, Request):
            once = clean_request(message, Side.OUTER, trunk=False)
            assert clean_request(once, Side.OUTER, trunk=False) == once
        else:
            response = clean_response(message, trunk=False)
            assert clean_response(response, trunk=False) == response


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(mutants(), st.sampled_from((TRUNK, STRANGER, STATION))), max_size=25))
def test_a_live_call_survives_any_series_of_mutants(series: list[tuple[bytes, object]]) -> None:
    desk = Desk(workers=3, most=3)
    call = desk.call("live-call")
    for data, source in series:
        try:
            desk.take(desk.proxy.receive(parse(data), source, desk.now))  # type: ignore[arg-type]
        except SipParseError as error:
            desk.take(desk.proxy.refuse(error, source, desk.now))  # type: ignore[arg-type]
    assert not [send for send in desk.sent if send.flow == worker_flow(1) and send.message.call_id != "live-call"]
    bye = desk.request("BYE", worker_flow(1), "live-call", 5, uri="sip:bob@198.51.100.7:5060")
    headers = bye.headers.put("From", call.ok.headers.get("To") or "").put("To", call.ok.headers.get("From") or "")
    route = f"<sip:{OUTER[0]}:{OUTER[1]};lr>"
    (sent,) = desk.put(type(bye)(headers.put("Route", route), method="BYE", uri=bye.uri), worker_flow(1))
    assert (sent.flow, request_of(sent).method) == (TRUNK, "BYE")
