from __future__ import annotations

import pytest

from voice.phone import PhoneError, PhoneFailure
from voice.sip.headers import check_digits, check_final_code, check_headers, check_uri, parse_headers, parse_name_addr

INVITE = (
    "INVITE sip:100@127.0.0.1 SIP/2.0\r\n"
    "v: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
    "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2\r\n"
    'f: "Ann \\"A\\" Lee" <sip:+4930123@example.com;user=phone>;tag=1\r\n'
    "Subject: a long\r\n  story\r\n"
    "X-Colon: a:b\r\n"
    "no colon here\r\n"
    "i: call-1\r\n"
    "\r\n"
    "X-Body: not a header\r\n"
)


def test_headers_are_lower_case_long_names() -> None:
    headers = parse_headers(INVITE)
    assert headers["call-id"] == "call-1"
    assert headers["subject"] == "a long story"
    assert headers["x-colon"] == "a:b"
    assert headers["via"] == "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2"
    assert "x-body" not in headers
    assert parse_name_addr(headers["from"]) == ('Ann "A" Lee', "sip:+4930123@example.com;user=phone")


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("sip:a@b;tag=1", ("", "sip:a@b")),
        ("<sip:a@b>", ("", "sip:a@b")),
        ("Ann Lee <sip:a@b>;tag=1", ("Ann Lee", "sip:a@b")),
        ('"Lee, A <x>" <sip:a@b>', ("Lee, A <x>", "sip:a@b")),
        ("", ("", "")),
    ],
)
def test_name_addr(value: str, parsed: tuple[str, str]) -> None:
    assert parse_name_addr(value) == parsed


@pytest.mark.parametrize(
    "uri",
    [
        "sip:100@127.0.0.1", "sip:127.0.0.1:5060;transport=udp;lr", "sip:a%20b@host.test;x=1", "sips:a@[::1]:5061",
        "sip:+49-30.1~2@example.com;user=phone",
    ],
)  # fmt: skip
def test_good_uris(uri: str) -> None:
    check_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "", "sip:", "tel:1", "sip:a@", "sip:a b@c", "<sip:a@b>", '"A" <sip:a@b>', "sip:a@b\r\nVia: x", "sip:a@b\n",
        "sip:a@b?Replaces=1", "sip:a@b@c", "sip:a@b:x", "sip:a@b:123456", "sip:ä@b", "sip:a@b\0", "sip:" + "a" * 600,
    ],
)  # fmt: skip
def test_bad_uris(uri: str) -> None:
    with pytest.raises(PhoneError) as caught:
        check_uri(uri)
    assert caught.value.failure is PhoneFailure.BAD_ADDRESS


def test_headers_that_cannot_be_sent() -> None:
    check_headers({"X-Contact": "c 1; <sip:a@b>", "Empty": ""})
    for name, value in (("X Y", "1"), ("X:", "1"), ("", "1"), ("X", "a\r\nb"), ("X", "ü"), ("X", "\0"), ("X", "a\n")):
        with pytest.raises(PhoneError):
            check_headers({name: value})
    with pytest.raises(PhoneError, match="2000 bytes"):
        check_headers({f"X-{number}": "v" * 990 for number in range(2)} | {"X": "v" * 20})


def test_digits_and_codes() -> None:
    check_digits("0123456789*#ABCDabcd")
    for digits in ("", "E", "1 2", "1,2", "1" * 33, "١", "1\n"):
        with pytest.raises(PhoneError):
            check_digits(digits)
    for code in (0, 300, 486, 699):
        check_final_code(code)
    for code in (-1, 100, 200, 299, 700):
        with pytest.raises(PhoneError):
            check_final_code(code)
