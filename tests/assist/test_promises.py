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
        ("i will call you the day after tomorrow", "i will call you the day after tomorrow", date(2025, 10, 11)),
        ("i will call you back in an hour or so", "i will call you back in an hour", THURSDAY),
        ("we will call you within twenty four hours", "we will call you within twenty four hours", date(2025, 10, 10)),
        ("we will ring within 48 hours", "we will ring within 48 hours", date(2025, 10, 11)),
        ("we will pay in a couple of weeks", "we will pay in a couple of weeks", date(2025, 10, 23)),
        ("we will pay in a few days", "we will pay in a few days", date(2025, 10, 12)),
        ("you will get it in five working days", "you will get it in five working days", date(2025, 10, 16)),
        ("i will ring you this afternoon", "i will ring you this afternoon", THURSDAY),
        ("i will send it by the end of the week", "i will send it by the end of the week", date(2025, 10, 10)),
        ("we will credit it at the end of the month", "we will credit it at the end of the month", date(2025, 10, 31)),
        ("we will send it on the fifth of march", "we will send it on the fifth of march", date(2026, 3, 5)),
        (
            "we will book it for october the twenty first",
            "we will book it for october the twenty first",
            date(2025, 10, 21),
        ),
        ("we will book it for November 3rd", "we will book it for November 3rd", date(2025, 11, 3)),
        ("we will pay on february the thirtieth", "we will pay on february the thirtieth", None),
        ("i will call you a second time", "i will call you a second time", None),
        ("i will call you in may", "i will call you in may", None),
    ],
)
def test_finds_promise_and_day(said: str, text: str, due: date | None) -> None:
    (promise,) = promises_in(said, THURSDAY)
    assert (promise.text, promise.due_on) == (text, due)


@pytest.mark.parametrize(
    ("said_on", "due"), [(date(2025, 12, 31), date(2025, 12, 31)), (date(2026, 2, 8), date(2026, 2, 28))]
)
def test_the_end_of_the_month(said_on: date, due: date) -> None:
    (promise,) = promises_in("we will pay at the end of the month", said_on)
    assert promise.due_on == due


def test_the_end_of_the_week_at_the_weekend_is_sunday() -> None:
    (promise,) = promises_in("we will pay this week", date(2025, 10, 11))
    assert promise.due_on == date(2025, 10, 12)


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
