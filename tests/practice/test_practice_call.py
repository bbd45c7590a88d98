"""Practice by telephone: a good agent, scripted, takes the customer's call through the whole house."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.demo.stage import Cast
from assist.practice.mind import Mind
from assist.practice.persona import find_persona
from assist.practice.session import converse, look_back, reach
from assist.practice.speech import render
from tests.practice.agents import VOICE, lines, played
from tests.scenarios.theatre import on_stage

pytestmark = pytest.mark.live

FIRST_TURN = 100


async def _play(cast: Cast, mind: Mind, sounds: dict[str, Path], script: list[str]) -> None:
    """The agent greets, and says her next line whenever the customer has finished."""
    seen = cast.seen
    for number, line in enumerate(script, start=FIRST_TURN):
        spoken = _spoken(cast)
        cast.agent.order("play", turn=number, file=str(sounds[line]))
        await seen.until(lambda: number in seen.spoken or seen.hung_up, line)  # noqa: B023 - awaited here
        await seen.until(lambda: seen.hung_up or _spoken(cast) > spoken, f"an answer to {line!r}")  # noqa: B023
        await seen.until(lambda: seen.hung_up or mind.next_due() is not None or mind.over, "the end of her answer")
        if seen.hung_up:
            return


def _spoken(cast: Cast) -> int:
    return sum(party == "caller" and told["event"] == "spoken" for party, told in cast.seen.reports)


def test_the_customer_calls_talks_and_hangs_up_and_the_debrief_is_of_the_log(tmp_path: Path) -> None:
    persona = find_persona("charged_twice")
    script = lines("charged_twice", "good")
    customer = render(tuple(persona.lines()), persona.voices, tmp_path / "speech")
    agent = render(script, VOICE, tmp_path / "speech")
    mind = Mind(persona)

    async def main() -> None:
        async with on_stage(tmp_path) as cast:
            cast.agent.order("answer")
            async with asyncio.timeout(240):  # a call of half a minute, and a machine with much else to do
                await reach(cast, persona)
                async with asyncio.TaskGroup() as tasks:
                    playing = tasks.create_task(_play(cast, mind, agent, script))
                    await converse(cast, mind, customer)
                    playing.cancel()
            contact_id = cast.seen.contact_id
        found = await look_back(mind, tmp_path / "house" / "callfloor.db", contact_id)
        assert found.helped, found
        assert found.content
        assert found.mood_end > found.mood_start
        ratio = {each.name: each.value for each in found.measures}["talk_ratio"]
        assert ratio is not None
        assert 20 < ratio < 80
        assert any(steps.playbook == "billing_dispute" and steps.done >= 3 for steps in found.steps)
        bad = played("charged_twice", "bad")
        assert found.overall is not None
        assert bad.overall is not None
        assert found.overall > bad.overall + 5

    asyncio.run(main())
