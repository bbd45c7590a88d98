"""A contact worker behind its front, and sipp on the trunk on both sides of it: who calls, and whom it dials."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assist.serve import House
from ivr.contacts import ContactEnded, ContactOffered
from tests.interop.trunk import SIPP, Sipp, Voice, sipp
from tests.sip.ends import TONES
from voice.bus.base import Subscription
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.commands import CommandCodec
from voice.events import EventCodec
from voice.settings import read_settings

pytestmark = [
    pytest.mark.live,
    pytest.mark.sipp,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian: sip-tester)"),
]

FLOW = Path(__file__).with_name("outward.yaml")
TRUNK, FRONT, GATEWAY = "127.0.0.2", "127.0.0.3", 5070
CALLER, CALLEE = TONES[0], TONES[2]
LOUD = 1000
OUR_KEYS = 120
"""The payload type of telephone-event in PJSIP's offers; who answers one sends that (RFC 3264 5.1)."""


@dataclass
class Stage:
    """The front's address, the trunk's, and what is told of contacts."""

    host: str
    port: int
    trunk: str
    told: Subscription

    async def ended(self) -> ContactEnded:
        async with asyncio.timeout(20):
            async for envelope in self.told:
                if isinstance(envelope.event, ContactEnded):
                    return envelope.event
        raise AssertionError("the bus ended")


@contextlib.asynccontextmanager
async def house(directory: Path) -> AsyncIterator[Stage]:
    settings = directory / "settings.toml"
    settings.write_text(
        f'[run]\nstate_dir = "{directory}/state"\n[front]\nhost = "{FRONT}"\nport = 0\nwarm_workers = 2\n'
        f'[[trunk]]\nname = "sipp"\ngateway = "{TRUNK}:{GATEWAY}"\ndial = ["+1"]\n[rtp]\nhost = "{FRONT}"\n'
        f"[transcription]\nport = 0\n[web]\nport = 0\n[ivr]\nflow = {json.dumps(str(FLOW))}\n"
    )
    async with House(read_settings(settings, {}), settings, SystemClock(), {}) as running:
        async with asyncio.timeout(60):
            await running.ready()
        where = running.where
        events = EventCodec((ContactOffered, ContactEnded))
        bus = LocalBus(where.hub, "test", SystemClock(), events, CommandCodec(()), where.spool)
        told = bus.subscribe(ContactEnded.type)
        await bus.start()
        await bus.connected()
        try:
            yield Stage(*running.addresses.sip, TRUNK, told)
        finally:
            await bus.close()


@contextlib.asynccontextmanager
async def calling(stage: Stage, scenario: str, voice: Voice, key_type: int = 101) -> AsyncIterator[Sipp]:
    """A caller who is in the menu, and presses 1."""
    async with sipp(stage, scenario, voice, called="100") as caller:
        async with asyncio.timeout(20):
            while max(map(abs, voice.heard), default=0) < LOUD:  # the prompt: silence comes before the ACK has
                await voice.more()
        voice.press(1, key_type)
        yield caller


async def talk(caller: Voice, callee: Voice) -> None:
    await caller.until_hears(CALLEE)
    await callee.until_hears(CALLER)


async def held_by_the_caller(stage: Stage, caller: Voice, callee: Voice) -> None:
    async with sipp(stage, "answers", callee, GATEWAY), calling(stage, "hold", caller) as call:
        await talk(caller, callee)
        await call.cue()
        await callee.until_hears()
        caller.forget()
        await callee.until_hears()
        assert caller.packets == 0, "something was said into the hold"
        await call.cue()
        await talk(caller, callee)
        await call.cue()
        assert (await stage.ended()).ended_by == "caller"


async def offers_that_come_late(stage: Stage, caller: Voice, callee: Voice) -> None:
    async with sipp(stage, "answers", callee, GATEWAY), calling(stage, "late_offer", caller, OUR_KEYS) as call:
        await talk(caller, callee)
        await call.cue()
        await talk(caller, callee)
        await call.cue()
        await stage.ended()


async def a_referral_that_is_none_of_its_business(stage: Stage, caller: Voice, callee: Voice) -> None:
    async with sipp(stage, "answers", callee, GATEWAY), calling(stage, "declined", caller) as call:
        await talk(caller, callee)
        await call.cue()
        await talk(caller, callee)
        await call.cue()
        await stage.ended()


async def a_cancel_that_crosses_and_a_call_given_up(stage: Stage, caller: Voice, callee: Voice) -> None:
    async with sipp(stage, "is_cancelled", callee, GATEWAY), calling(stage, "crossing", caller) as call:
        async with asyncio.timeout(20):
            await callee.more()  # its 183 has been heard: the call is under way
        await call.cue()
        await stage.ended()


async def busy_and_a_bye_that_nobody_answers(stage: Stage, caller: Voice, callee: Voice) -> None:
    async with calling(stage, "deaf", caller), sipp(stage, "is_busy", callee, GATEWAY):
        await stage.ended()


def test_callers_and_callees_of_a_carrier(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as stage:
            for scene in (
                held_by_the_caller,
                offers_that_come_late,
                a_referral_that_is_none_of_its_business,
                a_cancel_that_crosses_and_a_call_given_up,
                busy_and_a_bye_that_nobody_answers,
            ):
                async with Voice.open(TRUNK, CALLER) as caller, Voice.open(TRUNK, CALLEE) as callee:
                    await scene(stage, caller, callee)

    asyncio.run(main())
