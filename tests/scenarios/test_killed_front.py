"""The front is killed while customer and agent talk: they talk on, and the next caller reaches the agent."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.scenarios.theatre import on_stage, service

pytestmark = pytest.mark.live


def test_the_call_goes_on_and_the_agent_stays_registered(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast:
            await cast.connect()
            seen = cast.seen
            os.kill(service(cast, "front"), signal.SIGKILL)
            seen.heard_s |= {"caller": 0.0, "agent": 0.0}
            await cast.talk([0, 1])
            await seen.until(lambda: min(seen.heard_s.values()) > 0, "both to hear each other")
            await cast.hang_up()
            await seen.until(lambda: seen.station.get("phase") == "idle", "the agent's BYE")
            await cast.connect()
            await cast.hang_up()
            ended = cast.seen.ended
            assert ended is not None
            assert ended.reason == "completed"

    asyncio.run(main())
