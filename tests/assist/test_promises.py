from __future__ import annotations

from datetime import date

import pytest

from assist.promises import promises_in

THURSDAY = date(2025, 10, 9)


@pytest.mark.parametrize(
    ("said", "text", "due"),
    [
        ("okay i will call you back tomorrow morning", "i will call you back tomorrow", date(2025, 10, 10)),
        ("I'll refund the charge today.", "I'll refund the charge today.", THURSDAY),
        ("you will receive an email on monday", "you will receive an email on monday", date(2025, 10, 13)),
        ("we will send it thursday", "we will send it thursday", date(2025, 10, 16)),
        ("you will get it within three days", "you will get it within three days", date(2025, 10, 12)),
        ("i am going to send a new router next week", "i am going to send a new router next week", date(2025, 10, 16)),
        ("i will send you a letter", "i will send you a letter", None),
    ],
)
def test_finds_promise_and_day(said: str, text: str, due: date | None) -> None:
    (promise,) = promises_in(said, THURSDAY)
    assert (promise.text, promise.due_on) == (text, due)


def test_two_in_one_breath() -> None:
    found = promises_in("i will refund it today and you will receive an email tomorrow", THURSDAY)
    assert [(promise.text, promise.due_on) for promise in found] == [
        ("i will refund it today", THURSDAY),
        ("you will receive an email tomorrow", date(2025, 10, 10)),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "let me check your account",
        "i will check that for you",  # done during the call
        "i will not be able to refund that today",
        "if you call back tomorrow",
        "i will be happy",
        "",
    ],
)
def test_what_is_no_promise(said: str) -> None:
    assert promises_in(said, THURSDAY) == ()
