from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from assist.demo.display import Display, summary
from assist.demo.measure import measure
from assist.demo.observed import Observed
from assist.desk import AgentLine, Desk
from ivr.contacts import ContactClosed
from tests.demo.calls import SCRIPT, card, observed, row, said, told
from tests.demo.desks import CARD, CONTACT, DESK


class Screen:
    def __init__(self, terminal: bool = False) -> None:
        self._file = io.StringIO()
        self.console = Console(file=self._file, force_terminal=terminal, width=120, color_system=None)

    @property
    def text(self) -> str:
        return self._file.getvalue()


def test_without_a_terminal_each_final_and_each_card_is_one_line_once() -> None:
    screen = Screen()
    shown = Display(screen.console)
    with shown.live():
        shown.status("connected")
        shown.desk(Desk(AgentLine("anna", "Anna")))
        shown.desk(DESK)
        shown.desk(replace(DESK, contact=replace(CONTACT, phase="ended")))
    lines = screen.text.splitlines()
    assert lines[0].endswith("connected")
    assert lines[1:] == ["  caller: i was charged twice [again]", "  card next_step: Say sorry [now]"]


def test_on_a_terminal_the_picture_shows_both_sides_and_the_cards() -> None:
    screen = Screen(terminal=True)
    shown = Display(screen.console)
    with shown.live():
        shown.status("connected")
        shown.desk(DESK)
    for part in ("● connected", "i was charged twice [again]", "i am so", "Say sorry [now]", "[/] disputed",
                 "✓ Apologise", "○ Refund", "engine 0.7 ms"):  # fmt: skip
        assert part in screen.text


def test_a_withdrawn_card_leaves_the_picture() -> None:
    screen = Screen(terminal=True)
    shown = Display(screen.console)
    withdrawn = replace(CONTACT, cards=(replace(CONTACT.cards[0], outcome="retracted"),))
    with shown.live():
        shown.desk(replace(DESK, contact=withdrawn))
    assert CARD.title not in screen.text


def test_the_summary_gives_the_numbers_and_lines_to_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen, screen = observed(), Screen()
    (closed,) = (found for found in seen.envelopes if isinstance(found.event, ContactClosed))
    file = tmp_path / "state" / "c1.cfrec"
    seen.envelopes[-1] = replace(closed, event=ContactClosed(str(file), 21.0, 0.0, 0.4, 30.0))
    seen.told = [
        told("card.shown", 4.02, card("history", "call", row("customers: 7"), title="Apologise first")),
        told("card.shown", 16.5, card("next_step", "partial", said("u1", "caller", "i was charged twice", 14.0))),
        told("card.updated", 17.0, card("next_step", "final", said("u1", "caller", "i was charged twice", 14.0))),
    ]
    summary(screen.console, seen, DESK, measure(seen, SCRIPT), tmp_path / "state")
    for part in ("150 ms from INVITE", "30.0 s in all, 21.0 s with the agent (completed)", "agent 40 %, caller 60 %",
                 "-0.50 → +0.50", "5.6 % WER", "James called about: billing.", "after the station was rung",
                 "after “twice”", "and 1 updates that follow the talk"):  # fmt: skip
        assert part in screen.text
    assert "recording play state/c1.cfrec --state-dir state\n" in screen.text


def test_a_call_that_came_to_nothing_is_summed_up_as_well(tmp_path: Path) -> None:
    screen, seen = Screen(), Observed()
    summary(screen.console, seen, Desk(AgentLine("anna", "Anna")), measure(seen, SCRIPT), tmp_path)
    assert "no summary was drafted" in screen.text
    assert "Recording" not in screen.text
