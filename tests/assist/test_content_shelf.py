from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from assist.cards import CardSettled
from assist.content import BUILT_IN, Content, load_content
from assist.content_shelf import LOOK_S, ContentShelf
from tests.fakes.clock import VirtualClock


def settled(card: str, outcome: str) -> CardSettled:
    return CardSettled("anna", card, outcome)


def test_votes_count_the_first_word_on_a_card_of_an_article(content: Content) -> None:
    shelf = ContentShelf(content)
    shelf.voted(
        [
            settled("c1:bill_dates:1", "accepted"),
            settled("c1:bill_dates:1", "accepted"),  # told twice
            settled("c2:bill_dates:1", "dismissed"),
            settled("c3:bill_dates:1", "dismissed"),
            settled("c1:billing_dispute:1", "accepted"),  # no article
            settled("nonsense", "accepted"),
        ]
    )
    assert shelf.votes == {"bill_dates": -1}


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    later = file.stat().st_mtime_ns + 1_000_000_000  # however coarse the file system's clock is
    os.utime(file, ns=(later, later))


def test_a_changed_file_is_taken_by_the_next_contact(tmp_path: Path) -> None:
    directory, clock = tmp_path / "content", VirtualClock()
    shutil.copytree(BUILT_IN, directory)
    shelf = ContentShelf(load_content(directory), directory, clock)
    before = shelf.content
    asyncio.run(shelf.refresh())
    assert shelf.content is before
    asyncio.run(clock.advance(LOOK_S))
    change(directory / "playbooks" / "refund_request.yaml", "name: Refund request", "name: Money back")
    asyncio.run(shelf.refresh())
    assert shelf.content.version != before.version
    assert shelf.content.playbooks["refund_request"].name == "Money back"


def test_a_broken_file_is_said_once_and_the_version_of_before_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory, clock = tmp_path / "content", VirtualClock()
    shutil.copytree(BUILT_IN, directory)
    shelf = ContentShelf(load_content(directory), directory, clock)
    before = shelf.content
    change(directory / "lexicon.yaml", "turn: 0.2", "turn: yes please")
    asyncio.run(shelf.refresh())
    asyncio.run(clock.advance(LOOK_S))
    asyncio.run(shelf.refresh())
    assert shelf.content is before
    assert [record.getMessage().count("lexicon.yaml") for record in caplog.records] == [1]


def test_a_busy_floor_looks_at_the_files_now_and_then(tmp_path: Path) -> None:
    directory, clock = tmp_path / "content", VirtualClock()
    shutil.copytree(BUILT_IN, directory)
    shelf = ContentShelf(load_content(directory), directory, clock)
    before = shelf.content
    asyncio.run(shelf.refresh())
    change(directory / "playbooks" / "refund_request.yaml", "name: Refund request", "name: Money back")
    asyncio.run(clock.advance(LOOK_S - 0.1))
    asyncio.run(shelf.refresh())
    assert shelf.content is before
    asyncio.run(clock.advance(0.1))
    asyncio.run(shelf.refresh())
    assert shelf.content is not before


def test_the_limit_of_a_hold_is_the_first_rules_or_the_settings(content: Content) -> None:
    assert content.hold_limit_s == 60.0
    assert content.with_hold_limit(None) is content
    shorter = content.with_hold_limit(30.0)
    assert (shorter.hold_limit_s, shorter.advice["hold_check_in"].hold_s) == (30.0, 30.0)
    assert shorter.version == content.version
    assert len(shorter.advice) == len(content.advice)
