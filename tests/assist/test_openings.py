"""How callers say what they call about (``tests/golden/openings``), and what vague words may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assist.content import Content
from assist.replay import Line, replay

OPENINGS = Path(__file__).parent.parent / "golden" / "openings" / "callers.yaml"
CASES = [(playbook, text) for playbook, texts in yaml.safe_load(OPENINGS.read_text()).items() for text in texts]
DISPUTE = "you have charged me twice"


def started(content: Content, *lines: Line) -> list[str]:
    return [card.id for card in replay(lines, content).cards if card.kind == "next_step"]


def says(t: float, text: str, *, final: bool = True) -> Line:
    return Line(t=t, speaker="caller", text=text, final=final)


@pytest.mark.parametrize(("playbook", "text"), CASES, ids=[text[:40] for _, text in CASES])
def test_an_opening_starts_its_playbook_and_no_other(content: Content, playbook: str, text: str) -> None:
    assert started(content, says(10.0, text)) == [playbook] * (playbook != "nothing")


def test_beside_a_playbook_at_work_only_what_is_clearly_another_starts_one(content: Content) -> None:
    vague = "i have been offered a better price by somebody else"
    assert started(content, says(5.0, vague)) == ["cancellation_save"]
    assert started(content, says(5.0, DISPUTE), says(15.0, vague)) == ["billing_dispute"]
    assert started(content, says(5.0, DISPUTE), says(15.0, "cancel my contract")) == [
        "billing_dispute", "cancellation_save",
    ]  # fmt: skip


def test_vague_words_wait_for_the_final(content: Content) -> None:
    vague = "i found a better deal somewhere else"
    running = [says(4.0, vague, final=False), says(4.5, f"{vague} and", final=False)]
    assert started(content, *running) == []
    assert started(content, *running, says(5.0, f"{vague} and so on")) == ["cancellation_save"]
