"""A small fictional customer base for the demo. Its numbers are reserved for fiction (NANP 555-0100 to 0199, Ofcom's
drama ranges); its dates move with the day it is seeded, so that "three days ago" stays true.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from assist.history import CustomerProfile, Issue, PastContact, PromiseMade
from assist.store.numbers import phone_key
from assist.store.store import Store

DEMO_NUMBER = "+12025550142"
"""The demo's caller: James Smith, whose bill is wrong and whom nobody called back."""

_OTHERS = (
    ("James Miller", "James", "+12025550101", 2017, "Gold, 3 lines", "quick"),
    ("Lisa Brown", "Lisa", "+12025550102", 2021, "Broadband 250", "caring"),
    ("David Miller", "Mr Miller", "+12025550103", 2012, "Gold, business", "quick"),
    ("Mary Black", "Mary", "+12025550104", 2023, "Broadband 100", ""),
    ("Michael Brown", "Mike", "+12025550105", 2020, "Mobile only", "quick"),
    ("Anna Street", "Anna", "+12025550106", 2018, "Broadband 1000", "caring"),
    ("John English", "John", "+12025550107", 2025, "Broadband 100", ""),
    ("June Court", "June", "+12025550107", 2025, "Mobile only", ""),
    ("Sue Small", "Sue", "+442079460123", 2016, "Broadband 250", "caring"),
    ("Ade Okafor", "Ade", "+441632960456", 2019, "Gold, 2 lines", "quick"),
    ("Ingrid Nyland", "Ingrid", "+12025550110", 2022, "Broadband 500", ""),
    ("Tomás Rivera", "Tomás", "+12025550111", 2024, "Mobile and broadband", "quick"),
)


async def seed_demo(store: Store, today: date) -> None:
    """Add the demo's customers, unless they are there already. ``today`` is the UTC day. Raises StoreError."""
    if (await store.look_up(DEMO_NUMBER)).customer is None:
        await store.add_customers((_caller(today), *_others(today)))


def demo_customer(number: str, today: date) -> CustomerProfile | None:
    """The one customer who has ``number``, as the store would find her; None where nobody or several have it."""
    key = phone_key(number)
    found = [each for each in (_caller(today), *_others(today)) if phone_key(each.phone) == key]
    return found[0] if len(found) == 1 else None


def _caller(today: date) -> CustomerProfile:
    def ago(days: int) -> date:
        return today - timedelta(days=days)

    return CustomerProfile(
        customer_id=0,
        name="James Smith",
        preferred_name="James",
        phone=DEMO_NUMBER,
        since=date(2016, 5, 17),
        value="Gold, broadband and 2 lines",
        style="caring",
        past_contacts=(
            _past(2, ago(4), "billing", "chased the call back, cut off on hold", "negative", "billing_follow_up"),
            _past(1, ago(9), "billing", "charged twice on the last bill", "negative", "billing_follow_up"),
            _past(0, ago(190), "technical", "router replaced", "positive", "technical_resolved"),
        ),
        issues=(Issue(0, "Charged twice on the last bill", ago(9), True), Issue(0, "Router replaced", ago(190), False)),
        promises=(PromiseMade(0, "a call back about the bill", ago(9), ago(7), False),),
    )  # fmt: skip


def _others(today: date) -> tuple[CustomerProfile, ...]:
    plain = [
        CustomerProfile(0, name, preferred, phone, date(since, 1 + index, 10), value, style)
        for index, (name, preferred, phone, since, value, style) in enumerate(_OTHERS)
    ]
    week = today - timedelta(days=7)
    plain[0] = replace(plain[0], issues=(Issue(0, "Moving house on the first of the month", week, True),))
    plain[1] = replace(
        plain[1],
        past_contacts=(_past(3, week, "technical", "line drops at night", "negative", "open"),),
    )
    plain[5] = replace(plain[5], past_contacts=(_past(4, week, "sales", "upgraded to 1000", "positive", "sale"),))
    return tuple(plain)


def _past(number: int, on: date, queue: str, summary: str, sentiment: str, disposition: str) -> PastContact:
    return PastContact(f"demo-past-{number}", on, queue, summary, sentiment, disposition)
