"""A real call's recording, heard again once the house is gone, gives what the agent and the supervisor saw live."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assist.cards import CardRetracted, CardShown
from assist.cli import app
from assist.deck import EXPIRED
from assist.demo.stage import Cast
from tests.scenarios.theatre import on_stage, said

pytestmark = pytest.mark.live


def next_steps(cast: Cast) -> set[str]:
    """The playbooks whose cards were shown and not taken back."""
    shown = [each.event for each in cast.seen.events(CardShown)]
    gone = [each.event for each in cast.seen.events(CardRetracted)]
    withdrawn = {each.card_id for each in gone if isinstance(each, CardRetracted) and each.reason != EXPIRED}
    cards = [each.card for each in shown if isinstance(each, CardShown) and each.card.id not in withdrawn]
    return {card.rule for card in cards if card.kind == "next_step"}


def test_a_call_heard_again(tmp_path: Path) -> None:
    async def main() -> tuple[Path, set[str]]:
        async with on_stage(tmp_path) as cast:
            await cast.connect()
            angry = next(index for index, turn in enumerate(cast.script.turns) if "supervisor" in turn.text)
            await cast.talk(range(angry + 1))
            await cast.seen.until(lambda: said(cast, angry), "the words that call for a supervisor")
            await cast.hang_up()
            assert cast.seen.closed is not None
            return Path(cast.seen.closed.recording), next_steps(cast)

    recording, steps = asyncio.run(main())
    result = CliRunner().invoke(
        app, ["replay", "--recording", str(recording), "--state-dir", str(recording.parent.parent)]
    )
    assert result.exit_code == 0, result.output
    printed = result.output.splitlines()
    assert steps
    assert {line.rpartition("[")[2].rstrip("]") for line in printed if line.startswith("card   next_step")} == steps
    assert any(line.startswith("alert") and line.endswith("[wants_supervisor]") for line in printed)
