"""A supervisor goes from one contact to another within one call: two contacts with a tone each, on real SIP and RTP.

The bridge's decisions are ``ivr.supervisor_bridge``'s own, on a real phone; the contacts' workers are telephones that
call it as workers do.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable

import pytest

from ivr.contact_core import ContactCore
from ivr.contact_effects import ContactEffect
from ivr.schema import load_flow
from ivr.supervision import BridgeOpened, OpenBridge
from tests.scenarios.theatre import FLOW
from tests.sip.carrying import carry_out
from tests.sip.ends import DEADLINE_S, LOUDNESS, TONES, RemoteEnd
from tests.sip.test_hearing_by_tones import SEPARATION_DB, WINDOWS
from tests.sip.test_phone_contract import SipFloor, sip_floor
from voice.phone import IncomingLeg, LegConnected, LegDigit, LegDisconnected

pytestmark = pytest.mark.live

HERS, FIRST, SECOND = TONES[0], TONES[2], TONES[4]


class Bridge:
    def __init__(self, worker: RemoteEnd) -> None:
        self.core = ContactCore("b1", "w7", load_flow(FLOW), "callfloor")
        self.worker = worker
        self.opened = asyncio.Event()

    async def work(self) -> None:
        while True:
            await self.perform(self.core.phone_event(await self.worker.inbox.next(), 0.0))

    async def perform(self, effects: Iterable[ContactEffect]) -> None:
        for event in await carry_out(effects, self.worker):
            if isinstance(event, BridgeOpened):
                self.opened.set()


async def party(floor: SipFloor, tone: int) -> tuple[RemoteEnd, str]:
    end, uri = await floor.party()
    assert isinstance(end, RemoteEnd)
    await end.do("add_tone", "voice", tone)
    await end.do("add_ear", "ear")
    return end, uri


async def talk(end: RemoteEnd, leg_id: str) -> None:
    await end.expect(LegConnected)
    await end.do("set_paths", [("voice", f"leg:{leg_id}", 1.0), (f"leg:{leg_id}", "ear", 1.0)])


async def hears(end: RemoteEnd, hz: int) -> None:
    """That tone, and 40 dB below it nothing, in some window soon."""
    levels: dict[int, float] = {}
    for _ in range(WINDOWS):
        levels = dict(zip(TONES, await end.do("until_hears", "ear", [hz]), strict=True))
        loudest = max(level for other, level in levels.items() if other != hz)
        if levels[hz] > LOUDNESS / 2 and 20 * math.log10(levels[hz] / max(loudest, 1e-9)) >= SEPARATION_DB:
            return
    raise AssertionError(f"{hz} and {SEPARATION_DB:.0f} dB below it nothing: {levels}")


async def moves(bridge: Bridge, where: str, her: RemoteEnd, first: RemoteEnd, second: RemoteEnd) -> None:
    incoming = await her.expect(IncomingLeg)
    await her.do("answer", incoming.leg_id)
    await talk(her, incoming.leg_id)
    async with asyncio.timeout(DEADLINE_S):
        await bridge.opened.wait()
    await first.do("dial", "one", where)
    await talk(first, "one")
    await hears(her, FIRST)
    await hears(first, HERS)
    await her.do("send_digits", incoming.leg_id, "#5")
    assert [(await first.expect(LegDigit)).digit for _ in range(2)] == ["#", "5"]

    await first.do("hang_up", "one")
    await second.do("dial", "two", where)
    await talk(second, "two")
    await hears(her, SECOND)
    await hears(second, HERS)
    calls = [event for event in her.inbox.seen if isinstance(event, IncomingLeg | LegDisconnected)]
    assert calls == [incoming], "one call, from the first to the second"
    await her.do("hang_up", incoming.leg_id)
    await second.expect(LegDisconnected)


def test_two_contacts_in_turn_within_one_call() -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            worker, where = await floor.party()
            assert isinstance(worker, RemoteEnd)
            her, address = await party(floor, HERS)
            first, _ = await party(floor, FIRST)
            second, _ = await party(floor, SECOND)
            bridge = Bridge(worker)
            reply, effects = bridge.core.command(OpenBridge("sara", address, "c1"), 0.0)
            assert reply.ok
            await bridge.perform(effects)
            working = asyncio.create_task(bridge.work())
            try:
                await moves(bridge, where, her, first, second)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

    asyncio.run(main())
