"""Who reads what of contacts that are over, in which form, and that it is put down before it is served."""

from __future__ import annotations

import io
import json
import wave

import pytest

from assist.cards import CARD_EVENTS, CardSettled, CardShown
from tests.assist_web.kept_house import KeptHouse, in_kept_house
from tests.fakes import contact_script as script
from voice.events import Envelope, Event, EventCodec


def ids(answer: list[dict[str, object]]) -> list[object]:
    return [line["contact_id"] for line in answer]


def test_an_agent_sees_her_own_contacts_an_auditor_all_an_administrator_none() -> None:
    async def test(house: KeptHouse) -> None:
        assert ids((await house.get("anna", "/api/contacts")).json()) == ["c1"]
        assert ids((await house.get("olga", "/api/contacts")).json()) == []
        assert ids((await house.get("carl", "/api/contacts")).json()) == ["c2", "c1"]
        assert ids((await house.get("sara", "/api/contacts?limit=1")).json()) == ["c2"]
        assert (await house.get("ada", "/api/contacts")).status_code == 403
        assert (await house.http.get("/api/contacts")).status_code == 401
        for path in ("", "/transcript", "/recording"):
            assert (await house.get("anna", f"/api/contacts/c2{path}")).status_code == 404
            assert (await house.get("anna", f"/api/contacts/none{path}")).status_code == 404
        assert {action for _, action, _ in await house.audited()} == {"list"}, "numbers stand in the list"

    in_kept_house(test)


def test_reading_listening_and_exporting_are_put_down() -> None:
    async def test(house: KeptHouse) -> None:
        page = (await house.get("anna", "/api/contacts/c1")).json()
        assert [line["text"] for line in page["said"]] == ["hello <there>", "how can i help"]
        assert page["summary"]["disposition"] == "billing_follow_up"
        sound = await house.get("carl", "/api/contacts/c1/recording")
        assert sound.headers["recording-start"] == "0.000"
        with wave.open(io.BytesIO(sound.content)) as heard:
            assert (heard.getnchannels(), heard.getframerate(), heard.getnframes()) == (2, 8000, 800)
        await house.get("carl", "/api/contacts/c1/transcript?format=srt")
        assert await house.audited() == [("anna", "read", "c1"), ("carl", "listen", "c1"), ("carl", "export", "c1")]
        audit = (await house.get("carl", "/api/audit?user=carl")).json()
        assert [(line["entry"]["action"], line["entry"]["detail"]) for line in audit] == [
            ("export", "srt"),
            ("listen", ""),
        ]
        assert audit[0]["entry"]["address"] == "127.0.0.1"
        assert (await house.get("sara", "/api/audit")).status_code == 403

    in_kept_house(test)


def test_a_transcript_is_exported_in_the_fields_formats() -> None:
    async def test(house: KeptHouse) -> None:
        vcon = await house.get("anna", "/api/contacts/c1/transcript")
        assert vcon.headers["content-type"].startswith("application/vcon+json")
        whole = json.loads(vcon.text)
        assert whole["subject"] == "a bill"
        assert whole["parties"] == [
            {"name": "Anna Kovacs", "role": "agent"}, {"name": "caller", "role": "customer", "tel": "+12025550142"}
        ]  # fmt: skip
        body = whole["analysis"][0]["body"]
        assert [(line["party"], line["text"]) for line in body] == [(1, "hello <there>"), (0, "how can i help")]
        vtt = await house.get("anna", "/api/contacts/c1/transcript?format=vtt")
        assert "00:00:01.000 --> 00:00:02.000\n<v caller>hello &lt;there&gt;</v>" in vtt.text
        assert (await house.get("anna", "/api/contacts/c1/transcript?format=pdf")).status_code == 422

    in_kept_house(test)


def test_no_recording_is_served_from_anywhere_else() -> None:
    async def test(house: KeptHouse) -> None:
        outside = house.archives.recordings.parent / "s.db"
        for path in (str(outside), str(house.archives.recordings / ".." / "s.db"), ""):
            await house.store.append(
                {
                    "id": f"closed {path}", "contact_id": "c2", "type": "contact.closed", "at": 1.0, "source": "w",
                    "seq": 1, "cause_id": None,
                    "data": {"recording": path, "recorded_s": 1, "silenced_s": 0, "cpu_s": 0, "peak_mib": 0},
                }
            )  # fmt: skip
            assert (await house.get("carl", "/api/contacts/c2/recording")).status_code == 404

    in_kept_house(test)


def test_a_recording_whose_key_is_away_is_not_said_to_be_none_and_no_other_key_is_made() -> None:
    async def test(house: KeptHouse) -> None:
        key = house.archives.recording_key
        key.unlink()
        assert (await house.get("carl", "/api/contacts/c1/recording")).status_code == 503
        assert not key.exists()
        key.touch(0o600)
        key.write_bytes(b"x" * 32)
        assert (await house.get("carl", "/api/contacts/c1/recording")).status_code == 503
        assert (await house.get("carl", "/api/contacts/c2/recording")).status_code == 404

    in_kept_house(test)


@pytest.mark.parametrize("path", ["/api/contacts/c1", "/api/contacts/c1/transcript", "/api/contacts/c1/recording"])
def test_what_cannot_be_put_down_is_not_served(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from assist.store.errors import StoreError, StoreFailure
    from assist.store.users import Audit, AuditEntry

    async def refuse(self: Audit, *entries: AuditEntry) -> None:
        raise StoreError(StoreFailure.FULL)

    async def test(house: KeptHouse) -> None:
        monkeypatch.setattr(Audit, "record", refuse)
        answer = await house.get("anna", path)
        assert (answer.status_code, answer.json()) == (503, {"detail": "the disk is full"})

    in_kept_house(test)


def test_what_became_of_the_cards_is_told_by_rule_to_supervisors_and_auditors() -> None:
    async def test(house: KeptHouse) -> None:
        codec = EventCodec(CARD_EVENTS)
        events: list[tuple[float, Event]] = [
            (100.0, CardShown("anna", script.BILLING, 0.5)),
            (101.0, CardSettled("anna", script.BILLING.id, "accepted")),
            (200.0, CardShown("anna", script.FALLING, 0.5)),
        ]
        envelopes = [Envelope(f"o{n}", at, "f", n, event, "c1") for n, (at, event) in enumerate(events)]
        await house.store.append(*map(codec.encode, envelopes))
        for user in ("sara", "carl"):
            found = {line["rule"]: line for line in (await house.get(user, "/api/outcomes")).json()}
            assert (found[script.BILLING.rule]["accepted"], found[script.BILLING.rule]["not_acted"]) == (1, 1)
            assert found[script.FALLING.rule]["ignored"] == 1
        early = (await house.get("carl", "/api/outcomes?until=150")).json()
        assert [line["rule"] for line in early] == [script.BILLING.rule]
        assert (await house.get("anna", "/api/outcomes")).status_code == 403

    in_kept_house(test)
