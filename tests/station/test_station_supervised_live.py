"""Who hears whom at a foreign PBX, proved by ear: customer, colleague and supervisor on real SIP and RTP, the agent by
her headset, each with a tone of its own, through the station's bridge; both taps are ears as well.

What is to be heard is, and what is not lies at least 40 dB below it.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.sip.ends import LOUDNESS, TONES, RemoteEnd
from tests.sip.test_hearing_by_tones import SEPARATION_DB, WINDOWS
from tests.station.agent import SPEAKS
from tests.station.process import StationProcess
from tests.station.test_station_pbx_live import ask, end, talk, until_lines
from voice.phone import IncomingLeg, LegConnected, LegDisconnected
from voice.station_contacts import SuperviseOrder

pytestmark = pytest.mark.live

HERTZ = {"C": TONES[0], "A": SPEAKS, "K": TONES[2], "S": TONES[4], "M": TONES[3]}
"""Customer, agent, colleague, supervisor, music."""


@dataclass
class Scene:
    """Everybody, the uris they are called by, and who is in a call now."""

    station: StationProcess
    ends: dict[str, RemoteEnd]
    uris: dict[str, str]
    there: set[str] = field(default_factory=set)

    async def answers(self, who: str) -> str:
        leg_id = str((await self.ends[who].expect(IncomingLeg)).leg_id)
        await self.ends[who].do("answer", leg_id)
        await self.ends[who].expect(LegConnected)
        await talk(self.ends[who], leg_id)
        self.there.add(who)
        return leg_id

    async def leaves(self, who: str) -> None:
        await self.ends[who].expect(LegDisconnected)
        self.there.remove(who)

    async def hears(self, table: str, caller: str = "", agent: str = "") -> None:
        """``C<AS``: the customer hears agent and supervisor. Who is not named hears nobody. ``caller``, ``agent``: of
        whom the two taps are.
        """
        cells = dict(cell.split("<") for cell in table.split())
        for who in sorted(self.there):
            far = self.ends[who]
            for _ in range(WINDOWS):
                wanted = sorted(HERTZ[one] for one in cells.get(who, ""))
                if clear(dict(zip(TONES, await far.do("until_hears", "ear", wanted), strict=True)), set(wanted)):
                    break
            else:
                raise AssertionError(f"{who} does not hear {wanted} alone")
        for ear, speakers in (("", cells.get("A", "")), ("caller", caller), ("agent", agent)):
            await self.station.until(ear_hears(ear, {HERTZ[one] for one in speakers}))


def clear(levels: dict[int, float], wanted: set[int]) -> bool:
    softest = min((levels[hz] for hz in wanted), default=LOUDNESS)
    loudest = max(level for hz, level in levels.items() if hz not in wanted)
    return softest > LOUDNESS / 3 and 20 * math.log10(softest / max(loudest, 1e-9)) >= SEPARATION_DB


def ear_hears(tap: str, wanted: set[int]) -> Any:
    def so(message: dict[str, Any]) -> bool:
        if "heard" not in message or message.get("tap", "") != tap:
            return False
        return clear(dict(zip(TONES, message["heard"], strict=True)), wanted)

    return so


async def supervise(scene: Scene, contact: str) -> str:
    await ask(scene.station, "supervise", str(SuperviseOrder("sara", contact, scene.uris["S"])))
    leg_id = await scene.answers("S")
    await scene.station.until(lambda m: (m.get("state", {}).get("supervision") or {}).get("mode") == "listen")
    return leg_id


async def every_mode(scene: Scene) -> None:
    station, supervisor = scene.station, scene.ends["S"]
    await scene.ends["C"].do("dial", "a", (await station.until(lambda m: "sip" in m))["sip"])
    await until_lines(station, in_1="ringing")
    station.press("hook")
    await scene.ends["C"].expect(LegConnected)
    await talk(scene.ends["C"], "a")
    scene.there.add("C")
    contact = (await until_lines(station, in_1="in_call"))["state"]["contact_id"]
    station.press("speak 300")
    await scene.hears("C<A A<C", caller="C", agent="A")
    leg_id = await supervise(scene, contact)
    await scene.hears("C<A A<C S<CA", caller="C", agent="A")
    await supervisor.do("send_digits", leg_id, "#5")
    await scene.hears("C<A A<CS S<CA", caller="C", agent="A")
    await ask(station, "supervise_as", "barge")
    await scene.hears("C<AS A<CS S<CA", caller="C", agent="AS")

    await ask(station, "hold")
    await scene.hears("C<M A<S")  # the headset closes its microphone while it holds
    await ask(station, "supervise_as", "whisper")
    await ask(station, "consult", scene.uris["K"])
    colleague = await scene.answers("K")
    await scene.hears("C<M A<KS K<A S<AK")
    await ask(station, "conference")
    await scene.hears("C<AK A<CKS K<CA S<CAK", caller="C", agent="A")
    await scene.ends["K"].do("hang_up", colleague)
    await scene.leaves("K")
    await scene.hears("C<A A<CS S<CA", caller="C", agent="A")

    await ask(station, "unsupervise")
    await scene.leaves("S")
    await scene.hears("C<A A<C", caller="C", agent="A")
    await supervise(scene, contact)
    await ask(station, "hold")
    await ask(station, "supervise_as", "takeover")
    await scene.hears("C<S S<C", caller="C", agent="S")
    await scene.ends["C"].do("hang_up", "a")
    await scene.leaves("S")
    await until_lines(station)


def test_every_ear_hears_whom_it_should_in_every_mode_and_nobody_else() -> None:
    async def main() -> None:
        station = await StationProcess.open("127.0.0.4", environment={"CALLFLOOR_TEST_PBX": "captured"})
        ends, uris = {}, {}
        try:
            for who, host in (("C", "127.0.0.2"), ("K", "127.0.0.6"), ("S", "127.0.0.9")):
                ends[who], uris[who] = await end(host, HERTZ[who])
            await every_mode(Scene(station, ends, uris))
        finally:
            statuses = {await station.shut(), *[await party.shut() for party in ends.values()]}
        assert statuses == {0}

    asyncio.run(main())
