"""The station on real SIP and RTP: its headset is simulated, nothing else is."""

from __future__ import annotations

import asyncio

import pytest

from tests.sip.ends import TONES, RemoteEnd
from tests.station.agent import SPEAKS
from tests.station.process import StationProcess, hears, phase
from voice.phone import LegConnected, LegDisconnected, LegProgressed, PhoneConfig

pytestmark = pytest.mark.live

CALLER, AGENT = "127.0.0.2", "127.0.0.4"
CALLER_TONE = TONES[0]


async def a_call(station: StationProcess, caller: RemoteEnd) -> None:
    where = await station.until(lambda message: "sip" in message)
    await caller.do("start")
    await caller.do("add_tone", "tone", CALLER_TONE)
    await caller.do("add_ear", "ear")
    await caller.do("dial", "a", where["sip"], {"X-Callfloor-Contact": "c-42"})
    ringing = await station.until(phase("ringing", ["ring", "ringer"]))
    assert ringing["state"]["contact_id"] == "c-42"
    assert (await caller.expect(LegProgressed)).code == 180

    station.press("hook")
    await caller.expect(LegConnected)
    await station.until(phase("in_call", ["off_hook"]))

    await caller.do("set_paths", [("tone", "leg:a", 1.0), ("leg:a", "ear", 1.0)])
    await station.until(hears(CALLER_TONE))
    station.press("speak")
    await caller.do("until_hears", "ear", [SPEAKS])

    station.press("mute")
    await station.until(phase("in_call", ["mute", "off_hook"]))
    station.press("speak")
    await caller.do("until_hears", "ear", [])
    await station.until(hears(CALLER_TONE))

    station.press("hook")
    assert (await caller.expect(LegDisconnected)).code == 200
    await station.until(phase("idle", []))


def test_ring_light_hook_key_and_sound_both_ways() -> None:
    async def main() -> None:
        station, caller = await StationProcess.open(AGENT), RemoteEnd(PhoneConfig(host=CALLER, rtp_host=CALLER))
        await caller.open()
        try:
            await a_call(station, caller)
        finally:
            statuses = await station.shut(), await caller.shut()
        assert statuses == (0, 0)

    asyncio.run(main())
