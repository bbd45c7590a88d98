"""A contact worker is killed while customer and agent talk: it costs that contact, and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from assist.demo.stage import AGENT, Cast
from ivr.contacts import ContactEnded
from tests.scenarios.theatre import happened, on_stage, worker_pid

pytestmark = pytest.mark.live


def test_a_killed_worker_costs_its_contact_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast:
            await _talk(cast)
            first = cast.seen.contact_id
            await _kill_worker(cast)
            await _talk(cast)
            assert cast.seen.contact_id != first
            assert cast.desk.previous is not None
            assert cast.desk.previous.id == first
            await cast.hang_up()
            ended = cast.seen.ended
            assert ended is not None
            assert (ended.reason, ended.ended_by) == ("completed", "caller")

    asyncio.run(main())


async def _talk(cast: Cast) -> None:
    await cast.connect()
    seen = cast.seen
    heard = dict(seen.heard_s)
    await cast.talk([0, 1])
    await seen.until(lambda: all(seen.heard_s[party] > heard[party] for party in heard), "both to hear each other")


async def _kill_worker(cast: Cast) -> None:
    """Both telephones are told by SIP; the page is told why; the agent is free after the wrap-up."""
    seen, contact_id = cast.seen, cast.seen.contact_id
    os.kill(worker_pid(cast, contact_id), signal.SIGKILL)
    await seen.until(lambda: seen.hung_up, "the customer's BYE", 10.0)
    await seen.until(lambda: seen.station["phase"] == "idle", "the agent's BYE", 10.0)
    await seen.until(lambda: any(told.type == "contact.ended" for told in seen.told), "the page to be told", 10.0)
    told = next(told for told in seen.told if told.type == "contact.ended")
    assert (told.data["reason"], told.data["ended_by"]) == ("worker_lost", "system")
    assert told.data["talk_s"] > 0
    await seen.until(lambda: any(told.type == "contact.summary" for told in seen.told), "what was heard, summed up")
    states = [told.data["state"] for told in seen.told if told.type == "agent.state" and told.data["agent"] == AGENT]
    assert states[-1] in ("WRAPUP", "AVAILABLE")
    assert "WRAPUP" in states
    assert len(happened(cast, contact_id, ContactEnded)) == 1
