"""The customer base on both databases: in, up to date, matched by number, out, erased."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assist.erasing import erase
from assist.history import CustomerProfile
from assist.messages_left import MessageKept
from assist.store import Store
from assist.store.archive import Archive
from assist.store.customers import CustomerBase, CustomerRecord
from assist.store.numbers import best_matches, e164, phone_key, same_number
from assist.store.retention import Retention
from assist.store.settings import StoreSettings
from assist.store.tasks import Tasks
from assist.vocabulary import EVENTS as CODEC
from ivr.contacts import ContactClosed, ContactEnded, ContactOffered
from tests.assist_web.kept_house import BEGAN, said, summary
from voice.events import Envelope

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


def test_a_contact_of_the_evening_was_on_the_houses_day(tmp_path: Path) -> None:
    async def main() -> None:
        url, evening = f"sqlite+aiosqlite:///{tmp_path / 's.db'}", datetime(2026, 1, 6, 2, tzinfo=UTC)
        store = await Store.open(url, zone=ZoneInfo("America/Los_Angeles"))
        try:
            await CustomerBase(store).bring_in([ADA])
            (ada,) = await store.candidates(ADA.phone)
            await store.record_contact(summary("c1", "anna", evening.timestamp(), customer_id=ada.customer_id))
            (ada,) = await store.candidates(ADA.phone)
            assert ada.past_contacts[0].on == date(2026, 1, 5)
        finally:
            await store.close()

    asyncio.run(main())


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
        hers = await base.belongings(ada.customer_id)
        assert hers is not None
        assert (hers.contacts, hers.events, hers.recordings) == (("c1", "c2", "q1", "q2"), 8, ("/r/c1", "/r/c2"))
        await base.erase(ada.customer_id, hers)
        assert await base.export(ada.customer_id) is None
        assert await base.belongings(ada.customer_id) is None
        assert await store.events_of("c1") == ()
        assert await store.summary_of("c2") is None
        assert [len(await store.events_of(contact)) for contact in ("c3", "q1", "q2", "q3", "q4")] == [2, 0, 0, 1, 2]

    on(url, use)


def called(caller: str, contact: str) -> list[dict[str, object]]:
    happened = ContactOffered("w", caller, "100", "f", "1"), ContactEnded("completed", "caller", 9.0, 0.0)
    return [
        CODEC.encode(Envelope(f"{event.type} {contact}", BEGAN, "w", 1, event, contact)) for event in happened
    ]  # fmt: skip


def test_contacts_that_only_the_log_knows_are_hers_too_and_what_may_be_anothers_is_not(url: str) -> None:
    async def use(store: Store) -> None:
        base = CustomerBase(store)
        await base.bring_in([ADA, CustomerRecord("Bo", "+4722000000"), CustomerRecord("Cato", "+4722000000")])
        (ada,) = await store.candidates(ADA.phone)
        message = MessageKept("voicemail", ADA.phone, "billing", "/r/voice", 0.0, 5.0, "call me back")
        await store.append(
            *called("004721234567", "voice"),  # no agent ever had it
            CODEC.encode(Envelope("m1", BEGAN, "w", 2, message, "voice")),
            *called("+33721234567", "abroad"),  # ends like her number
            *called("+4722000000", "shared"),
            *called(ADA.phone, "bos"),
        )
        for contact, number in (("abroad2", "+46721234567"), ("shared2", "+4722000000")):
            await store.record_contact(replace(summary(contact, "anna"), number=number))
        bo = (await store.candidates("+4722000000"))[0].customer_id
        await store.record_contact(replace(summary("bos", "anna", customer_id=bo), number=ADA.phone))  # her telephone
        hers, bos = await base.belongings(ada.customer_id), await base.belongings(bo)
        assert hers is not None
        assert bos is not None
        assert (hers.contacts, hers.events, hers.recordings) == (("voice",), 3, ("/r/voice",))
        assert bos.contacts == ("bos",), "whose call from a shared number was, nobody can say"
        given = await base.export(ada.customer_id)
        assert given is not None
        assert [event["contact_id"] for event in given["events"]] == ["voice"] * 3

    on(url, use)


async def a_call_of_ada(store: Store, words: str) -> tuple[CustomerBase, CustomerProfile]:
    """She is in the base, and has said ``words`` in contact c1."""
    base = CustomerBase(store)
    await base.bring_in([ADA])
    (ada,) = await store.candidates(ADA.phone)
    await store.record_contact(summary("c1", "anna", customer_id=ada.customer_id))
    await store.append(CODEC.encode(Envelope("w1", BEGAN, "w", 1, said("u1", "caller", words, 1.0), "c1")))
    return base, ada


def test_words_outlive_their_contact_in_the_log_and_are_erased_all_the_same(url: str, tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        base, ada = await a_call_of_ada(store, "my secret")
        only_contacts = StoreSettings(transcripts_days=0, events_days=0, history_days=0)
        await Retention(store, tmp_path, only_contacts, BEGAN + 91 * 86_400).purge()
        assert await Archive(store).line("c1") is None
        hers = await base.belongings(ada.customer_id)
        assert hers is not None
        await base.erase(ada.customer_id, hers)
        assert await store.events_of("c1") == ()

    on(url, use)


def test_what_is_erased_is_in_no_file_of_the_database(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        base, ada = await a_call_of_ada(store, "unmistakable")
        assert b"unmistakable" in files()
        hers = await base.belongings(ada.customer_id)
        assert hers is not None
        await base.erase(ada.customer_id, hers)
        assert b"unmistakable" not in files()
        assert b"Ada Berg" not in files()

    def files() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    on(f"sqlite+aiosqlite:///{tmp_path / 's.db'}", use)


def test_a_recording_that_cannot_be_removed_keeps_the_customer_and_what_a_dead_process_left_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def put_down(what: str) -> None:
        told.append(what)

    def refused(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    async def use(store: Store) -> None:
        await CustomerBase(store).bring_in([ADA])
        (ada,) = await store.candidates(ADA.phone)
        await store.record_contact(summary("c1", "anna", customer_id=ada.customer_id))
        for name in ("c1-0123abcd.cfrec.part", "c1-0123abce.cfrec", "c12-0123abcd.cfrec"):
            (tmp_path / name).write_bytes(b"x")
        with monkeypatch.context() as broken:
            broken.setattr(Path, "unlink", refused)
            with pytest.raises(PermissionError):
                await erase(store, tmp_path, ada.customer_id, put_down)
        assert len((await store.candidates(ADA.phone))[0].past_contacts) == 1
        assert await erase(store, tmp_path, ada.customer_id, put_down) == "1 contacts, 0 events, 2 recordings"
        assert told == ["1 contacts, 0 events, 2 recordings"] * 2
        assert [file.name for file in tmp_path.glob("*.cfrec*")] == ["c12-0123abcd.cfrec"]
        assert await erase(store, tmp_path, ada.customer_id, put_down) is None

    on(f"sqlite+aiosqlite:///{tmp_path / 's.db'}", use)


@pytest.mark.parametrize(
    ("number", "other", "region", "same"),
    [
        ("+4721234567", "004721234567", "", True),
        ("+4721234567", "21 23 45 67", "NO", True),
        ("+12025550142", "2025550142", "", True),
        ("+12025550142", "+442025550142", "", False),
        ("100", "+4721234100", "", False),
        ("100", "100", "", True),
        ("", "", "", False),
    ],
)
def test_one_number_in_two_notations(number: str, other: str, region: str, same: bool) -> None:
    assert same_number(number, other, region) is same
    assert same_number(other, number, region) is same


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
