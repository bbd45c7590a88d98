"""What goes, what stays, and that pretending takes nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cli import app
from assist.store import DEMO_NUMBER, Store, retention, seed_demo
from assist.store.archive import Archive
from assist.store.retention import Retention
from assist.store.settings import StoreSettings
from assist.store.tasks import Tasks
from assist.store.users import Audit, AuditEntry
from assist.summary import FollowUp
from tests.assist_web.kept_house import summary
from tests.store.opened import with_store

DAY = 86_400.0
PROMISE = FollowUp("i will call you back", None, "u1", 9.0)
NOW = 1_760_000_000.0


def event(name: str, days_ago: float) -> dict[str, object]:
    at = NOW - days_ago * DAY
    return {"id": f"{name} {days_ago}", "type": name, "at": at, "contact_id": "c1", "data": {}}


async def fill(store: Store, recordings: Path) -> None:
    for days in (89.0, 91.0):
        await store.append(event("transcript.final", days), event("contact.offered", days))
        told = replace(summary(f"c{days:.0f}", "anna", NOW - days * DAY), follow_ups=(PROMISE,))
        await store.record_contact(told)
        await Tasks(store).open_issue(
            None, "Low survey score: CSAT 1", NOW - days * DAY, told.contact_id, "+12025550199"
        )
        await Audit(store).record(AuditEntry(NOW - days * DAY, "carl", "auditor", "read", "c1"))
        file = recordings / f"{days:.0f}.cfrec"
        file.write_bytes(b"x")
        os.utime(file, (NOW - days * DAY,) * 2)


def test_each_kind_goes_after_its_own_days(tmp_path: Path) -> None:
    settings = StoreSettings(transcripts_days=30, events_days=90, contacts_days=90, recordings_days=90, audit_days=0)

    async def use(store: Store) -> None:
        await fill(store, tmp_path)
        retention = Retention(store, tmp_path, settings, NOW)
        expected = {"transcripts": 2, "events": 1, "contacts": 1, "promises": 1, "issues": 1, "history": 0,
            "recordings": 1}  # fmt: skip
        assert await retention.purge(pretend=True) == expected
        assert len(await store.events_of("c1")) == 4
        assert await retention.purge() == expected
        assert [each["id"] for each in await store.events_of("c1")] == ["contact.offered 89.0"]
        assert [line.contact_id for line in await Archive(store).contacts()] == ["c89"]
        assert await store.summary_of("c91") is None
        assert await store.summary_of("c89") is not None
        assert len(await Audit(store).entries()) == 2
        assert [file.name for file in tmp_path.glob("*.cfrec")] == ["89.cfrec"]
        assert sum((await retention.purge()).values()) == 0

    with_store(tmp_path / "s.db", use)


def test_promises_settled_issues_and_messages_go_with_their_kind_a_batch_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)

    async def use(store: Store) -> None:
        await seed_demo(store, datetime.fromtimestamp(NOW, UTC).date())
        await store.append(*(event("message.kept", 91.0 + number) for number in range(5)), event("message.kept", 1.0))
        before = await store.find_customer(DEMO_NUMBER)
        assert before is not None
        await Tasks(store).open_issue(before.customer_id, "still open", NOW - 200 * DAY, "c0", "")
        taken = await Retention(store, tmp_path, StoreSettings(), NOW + 80 * DAY).purge()
        after = await store.find_customer(DEMO_NUMBER)
        assert after is not None
        assert taken["transcripts"] == 5
        assert (len(before.promises), len(after.promises)) == (1, 1), "seven days and eighty are fewer than ninety"
        taken = await Retention(store, tmp_path, StoreSettings(), NOW + 82 * DAY).purge()
        after = await store.find_customer(DEMO_NUMBER)
        assert after is not None
        assert after.promises == ()
        assert [issue.title for issue in after.issues if issue.open] == [
            "Charged twice on the last bill", "still open"
        ]  # fmt: skip
        assert (taken["transcripts"], taken["history"]) == (0, 2), "the promise, and the contact it was made in"
        assert [each["id"] for each in await store.latest("message.kept", 9)] == ["message.kept 1.0"]

    with_store(tmp_path / "s.db", use)


def test_events_put_aside_for_people_do_not_stay_for_ever(tmp_path: Path) -> None:
    async def use(store: Store) -> None:
        for name, days in (("floor.quarantine", 91.0), ("webhook.quarantine", 89.0), ("floor.jsonl", 91.0)):
            (tmp_path / name).write_text("{}")
            os.utime(tmp_path / name, (NOW - days * DAY,) * 2)
        assert Retention(store, tmp_path, StoreSettings(transcripts_days=0), NOW).set_aside(tmp_path) == 0
        kept = Retention(store, tmp_path, StoreSettings(), NOW)
        assert kept.set_aside(tmp_path, pretend=True) == 1
        assert kept.set_aside(tmp_path) == 1
        left = [
            name for name in ("floor.quarantine", "webhook.quarantine", "floor.jsonl") if (tmp_path / name).exists()
        ]
        assert left == ["webhook.quarantine", "floor.jsonl"]

    with_store(tmp_path / "s.db", use)


def test_the_command_says_what_it_took_and_the_audit_knows(tmp_path: Path) -> None:
    settings = tmp_path / "s.toml"
    settings.write_text(f'[run]\nstate_dir = "{tmp_path / "state"}"\n')
    for option, says in (("--pretend", "would go"), ("", "taken")):
        result = CliRunner().invoke(app, ["purge", "--settings", str(settings), *option.split()])
        assert result.exit_code == 0
        assert f"recordings   0 {says}" in result.output

    async def use(store: Store) -> None:
        assert [entry.action for _, entry in await Audit(store).entries()] == ["purge"]

    with_store(tmp_path / "state" / "callfloor.db", use)


def test_days_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        StoreSettings(events_days=-1)
