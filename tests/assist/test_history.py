from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assist.history import CustomerFound, CustomerProfile, history_card
from assist.wording import MAX_TITLE_WORDS, day
from tests.assist.dialogue import SARAH

TODAY = date(2025, 10, 9)
KEPT = tuple(replace(promise, kept=True) for promise in SARAH.promises)
CLOSED = tuple(replace(issue, open=False) for issue in SARAH.issues)


def title(customer: CustomerProfile | None, number: str = "+12025550142", *candidates: str) -> str:
    sharing = tuple(replace(SARAH, name=name) for name in candidates)
    card = history_card(CustomerFound(customer, number, sharing), TODAY, "c1:history:1", "v")
    assert len(card.title.split()) <= MAX_TITLE_WORDS
    assert card.evidence
    return card.title


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (SARAH, "Apologise to Sarah for our broken promise"),
        (replace(SARAH, promises=KEPT), "Greet Sarah, then raise the open issue"),
        (replace(SARAH, promises=KEPT, issues=CLOSED), "Greet Sarah with extra care"),
        (replace(SARAH, promises=(), issues=(), past_contacts=()), "Greet Sarah by name"),
        (replace(SARAH, preferred_name="", promises=(), issues=(), past_contacts=()), "Greet Sarah Smith by name"),
    ],
)
def test_what_matters_most_comes_first(customer: CustomerProfile, expected: str) -> None:
    assert title(customer) == expected


def test_a_promise_still_to_come_is_not_broken() -> None:
    promise = replace(SARAH.promises[0], due_on=TODAY)
    assert title(replace(SARAH, promises=(promise,))) == "Greet Sarah, then raise the open issue"


def test_the_card_tells_the_story_with_provenance() -> None:
    card = history_card(CustomerFound(SARAH, "x"), TODAY, "c1:history:1", "v")
    assert card.why == "We promised a call back about the bill, due 7 days ago, and did not keep it"
    assert card.lines == (
        "Sarah Smith, customer since 2016, Gold",
        "Open: Charged twice on the last bill (9 days ago)",
        "Promised a call back about the bill, due 7 days ago: not kept",
        "Last time, 4 days ago: chased the call back; ended badly",
        "Style: caring. Let the caller finish, then act",
    )
    assert [evidence.source for evidence in card.evidence] == [
        "customers.db: customer 7", "customers.db: promise 5", "customers.db: issue 3, contact p2",
    ], "the card's one reason first, then the rows behind every other line"  # fmt: skip


def test_strangers() -> None:
    assert title(None) == "New number: ask who is calling"
    assert title(None, "anonymous") == "Number withheld: ask who is calling"
    assert title(None, "", "A", "B") == "Ask who is calling: several share this number"


@pytest.mark.parametrize(
    ("on", "text"),
    [
        (date(2025, 10, 9), "today"),
        (date(2025, 10, 8), "yesterday"),
        (date(2025, 10, 10), "tomorrow"),
        (date(2025, 9, 25), "14 days ago"),
        (date(2025, 9, 24), "on 24 Sep 2025"),
        (date(2025, 10, 20), "on 20 Oct 2025"),
    ],
)
def test_days_in_words(on: date, text: str) -> None:
    assert day(on, TODAY) == text
