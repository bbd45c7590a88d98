from __future__ import annotations

from pathlib import Path

import pytest

from assist.desk_events import DESK_EVENTS, FEED_EVENTS
from assist.event_catalogue import COMMANDS, catalogue, main
from assist.vocabulary import EVENTS

COMMITTED = Path(__file__).parents[2] / "docs" / "events.md"


def headings() -> list[str]:
    return [line for line in catalogue().splitlines() if line.startswith("### ")]


def test_every_event_and_command_stands_in_it_once() -> None:
    found = headings()
    events = {kind.type for kind in (*EVENTS.types, *DESK_EVENTS, *FEED_EVENTS)}
    for name in events | {command.type for command in COMMANDS}:
        assert len([line for line in found if line.startswith(f"### `{name}` (")]) == 1, name


def test_it_says_where_an_event_goes_and_what_it_is_made_of() -> None:
    assert "### `transcript.partial` (live, page)" in headings()
    assert "### `contact.ended` (durable, page)" in headings()
    assert "### `worker.lost` (durable)" in headings()
    assert "### `desk.contact` (page only)" in headings()
    text = catalogue()
    assert "| `words` | `tuple[Word, ...]` |  |" in text
    assert "| `wer` | `float \\| None` | `None` |" in text
    for nested in ("Card", "Evidence", "CardStep", "Word", "Redaction", "CardKind"):
        assert f"### `{nested}`" in headings()
    assert "`history`, `sentiment`, `next_step`" in text


def test_the_committed_page_is_what_the_types_say() -> None:
    assert main(["--check", str(COMMITTED)]) == 0


def test_a_stale_or_missing_page_is_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "events.md"
    for _ in range(2):
        assert main(["--check", str(file)]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert f"Fix: python -m assist.event_catalogue {file}" in said
        file.write_text("old")
    assert file.read_text() == "old"
    assert main([str(file)]) == 0
    assert main(["--check", str(file)]) == 0
