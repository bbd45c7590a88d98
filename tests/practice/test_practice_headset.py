"""``callfloor practice`` with the trainee's own headset, on a real sound server: a bad agent is told from a good."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from assist.practice.speech import render
from tests.fakes.virtual_headset import virtual_headset
from tests.practice.agents import VOICE, lines, played
from tests.practice.trainee import at_practice

pytestmark = [pytest.mark.live, pytest.mark.pulse]

SCENARIO = "forgotten_password"


def test_a_bad_agent_speaks_into_her_headset_and_the_debrief_says_so(tmp_path: Path) -> None:
    script = lines(SCENARIO, "bad")
    sounds = render(script, VOICE, tmp_path / "speech")
    (tmp_path / "sound").mkdir()

    async def main() -> None:
        async with (
            virtual_headset(tmp_path / "sound") as headset,
            at_practice(headset, SCENARIO, tmp_path) as trainee,
        ):
            await trainee.take(script, sounds)

    asyncio.run(main())
    found, good = json.loads((tmp_path / "debrief.json").read_text()), played(SCENARIO, "good")
    assert not found["helped"]
    assert not found["content"]
    assert found["mood_end"] <= found["mood_start"] - 0.2
    assert "blamed" in [felt["why"] for felt in found["course"]], "her words were not understood"
    assert good.overall is not None
    assert good.overall > found["overall"] + 5, found["scorecard"]
    assert sum(steps.done for steps in good.steps) > sum(steps["done"] for steps in found["steps"])
