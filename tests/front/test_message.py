from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.front.texts import GOLDEN, bad, good
from voice.front.digest import parse_credentials
from voice.front.grammar import SipUri, Via, parse_name_addr, parse_uri, parse_via, split_list
from voice.front.message import Headers, Request, Response, SipParseError, parse, respond

GOOD = sorted((GOLDEN / "good").glob("*.txt"))
BAD = sorted((GOLDEN / "bad").glob("*.txt"))
N_LONG = 3300


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_messages_survive_a_round_trip(path: Path) -> None:
    first = parse(good(path.stem))
    again = parse(first.to_bytes())
    assert again.to_bytes() == first.to_bytes()
    assert again.body == first.body


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_messages_are_refused_for_the_right_reason(path: Path) -> None:
    data, status, reason = bad(path)
    with pytest.raises(SipParseError) as caught:
        parse(data)
    answerable = caught.value.request is not None
    assert reason in str(caught.value)
    assert (str(caught.value.status) if answerable else "silence") == status


def test_compact_folded_and_joined_headers() -> None:
    message = parse(good("compact-and-folded"))
    assert isinstance(message, Request)
    assert [parse_via(value).host for value in message.headers.all("Via")] == ["192.0.2.9", "first.example.org"]
    assert message.cseq.number == 9
    assert message.to.display == '"Quoted \\"name\\", with comma"'
    assert message.headers.all("Contact") == [
        '"Caller, One" <sip:caller@192.0.2.9;transport=udp>',
        "<sip:second@192.0.2.9>",
    ]
    assert message.headers.all("Record-Route") == ["<sip:p2.example.org;lr>", "<sip:p1.example.org;lr>"]
    assert message.from_.uri == "sip:caller@example.org"
    assert message.from_.tag == "98asjd8"


def test_bytes_beyond_content_length_are_not_body() -> None:
    data = good("no-reason-phrase").replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n") + b"trailing"
    message = parse(data)
    assert isinstance(message, Response)
    assert (message.status, message.reason, message.body) == (486, "", b"")


def test_uri_parts() -> None:
    uri = parse_uri("sip:anna;x=y@[2001:db8::1]:5062;transport=TCP;lr?Subject=a")
    assert uri == SipUri("anna;x=y", "[2001:db8::1]", 5062, {"transport": "TCP", "lr": None}, "Subject=a")
    assert str(uri) == "sip:anna;x=y@[2001:db8::1]:5062;transport=TCP;lr?Subject=a"


def test_params_of_a_bare_address_belong_to_the_header() -> None:
    address = parse_name_addr("sip:a@b;tag=7")
    assert (address.uri, address.tag) == ("sip:a@b", "7")


def test_reply_address_follows_rfc_3581() -> None:
    via = parse_via("SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1")
    assert via.reply_address() == ("10.0.0.1", 5070)
    assert via.seen_from("192.0.2.7", 1234).reply_address() == ("192.0.2.7", 1234)
    without = Via("UDP", "10.0.0.1", 5070, {"branch": "z9hG4bK1"})
    assert without.seen_from("192.0.2.7", 1234).reply_address() == ("192.0.2.7", 5070)


def test_a_claimed_received_is_overwritten() -> None:
    via = parse_via("SIP/2.0/UDP 10.0.0.1;received=192.0.2.99;branch=z9hG4bK1")
    assert via.seen_from("10.0.0.1", 5060).params.get("received") is None


def test_answers_get_a_tag_that_stays_the_same() -> None:
    request = parse(good("invite"))
    assert isinstance(request, Request)
    first, second = respond(request, 503), respond(request, 486)
    assert first.to.tag == second.to.tag != ""
    assert respond(request, 100).to.tag == ""
    assert respond(request, 180, tag="mine").to.tag == "mine"


def test_headers_keep_their_order() -> None:
    headers = Headers([("Via", "a"), ("To", "t"), ("Via", "b")])
    assert list(headers.push("Via", "c")) == [("Via", "c"), ("Via", "a"), ("Via", "b"), ("To", "t")]
    assert list(headers.put("Via")) == [("To", "t")]
    assert next(iter(headers.put("Route", "r"))) == ("Route", "r")


@given(st.binary(max_size=400))
def test_garbage_never_raises_anything_else(data: bytes) -> None:
    with pytest.raises(SipParseError):
        parse(data)


@given(st.sampled_from(GOOD), st.data())
def test_mutated_messages_parse_or_are_refused(path: Path, data: st.DataObject) -> None:
    message = bytearray(good(path.stem))
    for _ in range(data.draw(st.integers(1, 6))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse(parse(bytes(message)).to_bytes())
    except SipParseError:
        return


@pytest.mark.parametrize(
    "value",
    ["a" + " " * N_LONG + "<", "Digest" + " " * N_LONG + "!", '"\\' * (N_LONG // 2), "<" * N_LONG, '"' + "\\" * N_LONG],
    ids=["display name", "credentials", "quotes", "brackets", "backslashes"],
)
def test_no_value_takes_quadratic_time(value: str) -> None:
    """One datagram a source may send at will must not hold up everybody's calls."""
    started = time.process_time()
    for _ in range(10):
        with contextlib.suppress(SipParseError):
            parse_name_addr(value)
        parse_credentials(value)
        split_list(value)
    assert time.process_time() - started < 0.05  # linear: 5 ms; quadratic: 100 to 700 ms
