"""A contact worker hangs while customer and agent talk (the zygote kills it then), or the zygote is killed with all its
workers, or a worker while there is no front, which was killed the moment before: it costs the contacts they had, and
nothing else. The customer is put down for a call back.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from assist.demo.observed import Observed
from assist.demo.stage import AGENT, Cast
from ivr.contacts import CallbackRequested, ContactEnded
from tests.scenarios.theatre import happened, on_stage, service, worker_pid
from transcription.recording import load_or_create_key, read_recording
from transcription.recording_format import Recording
from voice.events import ServiceChanged

pytestmark = pytest.mark.live


@pytest.mark.parametrize("victims", [["hanging worker"], ["zygote"], ["front", "worker"]], ids=" and ".join)
def test_a_killed_worker_costs_its_contact_only(tmp_path: Path, victims: list[str]) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast:
            await _talk(cast, [1])
            first = cast.seen.contact_id
            for victim in victims:
                pid = service(cast, victim) if victim in ("zygote", "front") else worker_pid(cast, first)
                os.kill(pid, signal.SIGSTOP if victim == "hanging worker" else signal.SIGKILL)
            await _loss(cast)
            if "zygote" in victims:  # a caller waits for a worker for three seconds, which a busy machine does not keep
                await cast.seen.until(lambda: _lives(cast, "zygote")[-2:] == [False, True], "the next zygote", 60.0)
            await _talk(cast, [0, 9])
            assert cast.seen.contact_id != first
            assert (await _recording(cast, first)).complete, "the keeper finishes what was heard"
            assert cast.desk.previous is not None
            assert cast.desk.previous.id == first
            await cast.hang_up()
            ended = cast.seen.ended
            assert ended is not None
            assert (ended.reason, ended.ended_by) == ("completed", "caller")

    asyncio.run(main())


async def _talk(cast: Cast, turns: list[int]) -> None:
    """Whoever does not speak in these turns of the script hears them."""
    await cast.connect()
    seen = cast.seen
    heard = dict(seen.heard_s)
    await cast.talk(turns)
    listeners = {"agent" if cast.script.turns[turn].speaker == "caller" else "caller" for turn in turns}
    await seen.until(lambda: all(seen.heard_s[party] >= heard[party] + 1 for party in listeners), "what was said")


async def _loss(cast: Cast) -> None:
    """Both telephones are told by SIP; the page is told why; the agent is free after the wrap-up."""
    seen, contact_id = cast.seen, cast.seen.contact_id
    await seen.until(lambda: seen.hung_up, "the customer's BYE")
    await seen.until(lambda: seen.station["phase"] == "idle", "the agent's BYE")
    await seen.until(lambda: any(told.type == "contact.ended" for told in seen.told), "the page to be told")
    told = next(told for told in seen.told if told.type == "contact.ended")
    assert (told.data["reason"], told.data["ended_by"]) == ("worker_lost", "system")
    assert told.data["talk_s"] > 0
    await seen.until(lambda: any(told.type == "contact.summary" for told in seen.told), "what was heard, summed up")
    await seen.until(lambda: _states(seen)[-2:] == ["WRAPUP", "AVAILABLE"], "the agent to be free after the wrap-up")
    assert len(happened(cast, contact_id, ContactEnded)) == 1
    assert len(happened(cast, contact_id, CallbackRequested)) == 1


def _lives(cast: Cast, name: str) -> list[bool]:
    """Ends and starts of a process since the call began."""
    told = (envelope.event for envelope in cast.seen.events(ServiceChanged))
    return [event.up for event in told if isinstance(event, ServiceChanged) and event.name == name]


async def _recording(cast: Cast, contact_id: str) -> Recording:
    """Of a contact whose worker was killed."""
    where = cast.house.where
    async with asyncio.timeout(40):
        while not (files := list(where.recordings.glob(f"{contact_id}-*.cfrec"))):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.2)
    return read_recording(files[0], load_or_create_key(where.recording_key))


def _states(seen: Observed) -> list[str]:
    changes = (told.data for told in seen.told if told.type == "agent.state")
    return [change["state"] for change in changes if change["agent"] == AGENT]
