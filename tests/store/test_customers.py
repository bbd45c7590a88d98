"""The customer base on both databases: in, up to date, matched by number, out, erased."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date

import pytest

from assist.store import Store
from assist.store.customers import CustomerBase, CustomerRecord
from assist.store.numbers import best_matches, e164, phone_key
from assist.store.tasks import Tasks
from ivr.contacts import ContactClosed, ContactEnded, ContactOffered
from tests.assist_web.kept_house import BEGAN, said, summary
from transcription.utterances import UtteranceFinal
from voice.events import Envelope, EventCodec

CODEC = EventCodec((UtteranceFinal, ContactOffered, ContactEnded, ContactClosed))
ADA = CustomerRecord("Ada Berg", "+4721234567", "k-1", "Ada", date(2020, 5, 1), "Gold", "quick")


def on(url: str, use: object, region: str = "NO") -> None:
    async def main() -> None:
        store = await Store.open(url, region=region)
        try:
            await use(store)  # type: ignore[operator]
        finally:
            await store.close()

    asyncio.run(main())


def test_an_import_adds_once_and_brings_up_to_date(url: str) -> None:
    async def use(store: Store) -> None:
        base = CustomerBase(store)
        plain = CustomerRecord("Bo Dahl", "+4722000000")
        assert await base.bring_in([ADA, plain]) == (2, 0)
        moved = replace(ADA, phone="+4799999999", since=None, style="")
        assert await base.bring_in([moved, plain]) == (0, 2)
        assert await store.candidates("+4721234567") == ()
        (ada,) = await store.candidates("99 99 99 99")  # as one writes it in Norway
        assert (ada.name, ada.since, ada.style) == ("Ada Berg", date(2020, 5, 1), "quick")
        again = replace(plain, name="Cato Dahl")
        assert await base.bring_in([again]) == (1, 0)
        shared = await store.look_up("0047 22 00 00 00")
        assert shared.customer is None
        assert [one.name for one in shared.candidates] == ["Bo Dahl", "Cato Dahl"]

    on(url, use)


def test_the_books_say_what_is_open_but_not_of_what_came_up_with_us(url: str) -> None:
    async def use(store: Store) -> None:
        base = CustomerBase(store)

        async def open_now(*issues: str) -> set[str]:
            await base.bring_in([replace(ADA, open_issues=issues)])
            (ada,) = await store.candidates(ADA.phone)
            return {issue.title for issue in ada.issues if issue.open}

        assert await open_now("Late delivery", "Outage", "Outage") == {"Late delivery", "Outage"}
        (ada,) = await store.candidates(ADA.phone)
        await Tasks(store).open_issue(ada.customer_id, "Low survey score: CSAT 1", BEGAN, "c1", ADA.phone)
        assert await open_now("Outage") == {"Outage", "Low survey score: CSAT 1"}
        await base.bring_in([ADA])  # who says nothing of issues closes none
        assert await open_now() == {"Low survey score: CSAT 1"}
        assert await open_now("Late delivery") == {"Late delivery", "Low survey score: CSAT 1"}

    on(url, use)


def test_all_there_is_of_a_customer_is_given_out_and_then_erased(url: str) -> None:
    async def use(store: Store) -> None:
        base = CustomerBase(store)
        await base.bring_in([ADA, CustomerRecord("Bo Dahl", "+4722000000")])
        (ada,) = await store.candidates(ADA.phone)
        await store.record_contact(replace(summary("c1", "anna", customer_id=ada.customer_id), number=ADA.phone))
        await store.record_contact(replace(summary("c2", "anna"), number="004721234567"))  # before we knew her
        await store.record_contact(replace(summary("c3", "anna"), number="+4722000000"))
        for number, contact in enumerate(("c1", "c2", "c3"), 1):
            words = Envelope(f"w{number}", BEGAN, "w", 1, said(f"u{number}", "caller", "my secret", 1.0), contact)
            closed = Envelope(f"x{number}", BEGAN, "w", 2, ContactClosed(f"/r/{contact}", 1.0, 0.0, 0.0, 0.0), contact)
            await store.append(CODEC.encode(words), CODEC.encode(closed))
        # Two hung up before an agent had them, one is still waiting; another number ends alike.
        calls = (
            ("q1", "004721234567", True),
            ("q2", "21234567", True),
            ("q3", ADA.phone, False),
            ("q4", "+4631234567", True),
        )
        for contact, caller, over in calls:
            offered = Envelope(f"o{contact}", BEGAN, "w", 1, ContactOffered("w", caller, ADA.phone, "f", "1"), contact)
            await store.append(CODEC.encode(offered))
            if over:
                ended = ContactEnded("abandoned", "caller", 9.0, 0.0)
                await store.append(CODEC.encode(Envelope(f"e{contact}", BEGAN, "w", 2, ended, contact)))
        given = await base.export(ada.customer_id)
        assert given is not None
        assert given["customer"]["name"] == "Ada Berg"
        assert {contact["contact_id"] for contact in given["contacts"]} == {"c1", "c2"}
        assert (len(given["summaries"]), len(given["events"])) == (2, 8)
        assert json.loads(json.dumps(given)) == given
        gone = await base.erase(ada.customer_id)
        assert gone is not None
        assert (gone.contacts, gone.events, sorted(gone.recordings)) == (4, 8, ["/r/c1", "/r/c2"])
        assert await base.export(ada.customer_id) is None
        assert await base.erase(ada.customer_id) is None
        assert await store.events_of("c1") == ()
        assert await store.summary_of("c2") is None
        assert [len(await store.events_of(contact)) for contact in ("c3", "q1", "q2", "q3", "q4")] == [2, 0, 0, 1, 2]

    on(url, use)


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+47 21 23 45 67", "", "+4721234567"),
        ("0047 21234567", "", "+4721234567"),
        ("21234567", "NO", "+4721234567"),
        ("(202) 555-0142", "US", "+12025550142"),
        ("020 7946 0123", "GB", "+442079460123"),
        ("21234567", "", None),
        ("anonymous", "US", None),
        ("+123", "", None),
        ("", "US", None),
    ],
)
def test_numbers_are_understood_as_their_country_writes_them(written: str, region: str, number: str | None) -> None:
    assert e164(written, region) == number


def test_one_key_for_one_number_and_the_better_match_wins() -> None:
    assert phone_key("21234567", "NO") == phone_key("+47 21 23 45 67") == "721234567"
    assert best_matches("+442025550142", ["+12025550142", "+442025550142"]) == (1,)
    assert best_matches("2025550142", ["+12025550142", "+442025550142"]) == (0, 1)
    assert best_matches("5550142", ["+442079460123"]) == ()
