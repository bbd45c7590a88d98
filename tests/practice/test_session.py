"""A practice call that does not come about says so at once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assist.demo.stage import Cast
from assist.practice.mind import Mind
from assist.practice.persona import find_persona
from assist.practice.session import NoContactError, attend


def _cast(station_ends: asyncio.Event, dial: Any) -> Cast:
    return cast(
        Cast, SimpleNamespace(agent=SimpleNamespace(process=SimpleNamespace(wait=station_ends.wait)), dial=dial)
    )


def test_a_station_without_sound_ends_practice_at_once() -> None:
    async def main() -> None:
        ended, cancelled = asyncio.Event(), asyncio.Event()

        async def dial(_: float) -> None:
            ended.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        with pytest.raises(NoContactError, match="your station"):
            await attend(_cast(ended, dial), Mind(find_persona("charged_twice")), {})
        assert cancelled.is_set()

    asyncio.run(main())


def test_a_trainee_who_is_never_free_is_told_what_was_waited_for() -> None:
    async def main() -> None:
        async def dial(_: float) -> None:
            raise TimeoutError("waited 600 s for the agent to be free")

        with pytest.raises(NoContactError, match="the agent to be free"):
            await attend(_cast(asyncio.Event(), dial), Mind(find_persona("charged_twice")), {})

    asyncio.run(main())
