"""Who hears whom, proved by ear: four parties over real SIP and RTP, each with a tone of its own, through one bridge.

Every cell of the table (``tests.voice.test_hearing.TABLE``) is set in turn, and every party's ear, and both taps, are
measured: what is to be heard is, and what is not lies at least 40 dB below it.
"""

from __future__ import annotations

import asyncio
import math

import pytest

from tests.contracts.phone import connect
from tests.sip.ends import LOUDNESS, TONES, Party
from tests.sip.test_phone_contract import SipFloor, sip_floor
from tests.voice.test_hearing import EVERYTHING, TABLE, WAITING, with_legs
from voice.hearing import MUSIC, PROMPTS, Arrangement, Mode, Talk, paths
from voice.phone import LegDisconnected

pytestmark = pytest.mark.live

PARTIES = "CAKS"  # caller, agent, colleague, supervisor
HERTZ = dict(zip(PARTIES, TONES, strict=False)) | {MUSIC: TONES[4], PROMPTS: TONES[4]}
TAPS = ("caller", "agent")
SEPARATION_DB = 40.0
WINDOWS = 20


class Bridge:
    """The contact worker's phone with all four legs up, and the far ends."""

    def __init__(self, worker: Party, ends: dict[str, Party]) -> None:
        self.worker = worker
        self.ends = ends

    async def arrange(self, arrangement: Arrangement, legs: str = PARTIES, *, prompting: bool = False) -> None:
        found = paths(with_legs(legs), arrangement, prompting=prompting, tapping=True, music=True)
        others = [("metronome", "witness", 1.0)]
        await self.worker.do("set_paths", [(path.source, path.sink, path.gain) for path in found] + others)

    async def heard(self, wanted: dict[str, set[str]]) -> None:
        """Each ear (a party, or a tap) hears exactly the tones of whom it should."""
        async with asyncio.TaskGroup() as listening:
            for who, speakers in wanted.items():
                listening.create_task(self._hears(who, speakers))

    async def _hears(self, who: str, speakers: set[str]) -> None:
        """In some window soon: on a busy machine a packet may come late, and a window be torn. What is heard and should
        not be is heard in every window.
        """
        end, ear = (self.worker, f"tap:{who}") if who in TAPS else (self.ends[who], "ear")
        tones = {HERTZ[speaker] for speaker in speakers}
        for _ in range(WINDOWS):
            levels = dict(zip(TONES, await end.do("until_hears", ear, sorted(tones)), strict=True))
            softest = min((levels[hz] for hz in tones), default=LOUDNESS)
            loudest = max(level for hz, level in levels.items() if hz not in tones)
            if softest > LOUDNESS / 2 and 20 * math.log10(softest / max(loudest, 1e-9)) >= SEPARATION_DB:
                return
        raise AssertionError(f"{who} should hear {tones} and {SEPARATION_DB:.0f} dB below it nothing: {levels}")


async def bridge(floor: SipFloor) -> Bridge:
    worker, _ = await floor.party()
    ends: dict[str, Party] = {}
    for leg in PARTIES:
        end, uri = await floor.party()
        far = await connect(worker, end, uri, leg)
        await end.do("add_tone", "voice", HERTZ[leg])
        await end.do("add_ear", "ear")
        await end.do("set_paths", [("voice", f"leg:{far}", 1.0), (f"leg:{far}", "ear", 1.0)])
        ends[leg] = end
    for source in (MUSIC, PROMPTS):
        await worker.do("add_tone", source, HERTZ[source])
    for side in TAPS:
        await worker.do("add_ear", f"tap:{side}")
    await worker.do("add_tone", "metronome", TONES[0])
    await worker.do("add_ear", "witness")
    return Bridge(worker, ends)


def wanted(talk: Talk, mode: Mode | None) -> dict[str, set[str]]:
    """What each ear is to hear, by the written table; nobody hears anything who is not named there."""
    cells = dict(cell.split("<") for cell in TABLE[talk, mode].split())
    found = {who: set(cells.get(who, "")) | ({MUSIC} if who in WAITING[talk] else set()) for who in PARTIES}
    found["caller"] = {"C"} if talk in (Talk.DIRECT, Talk.CONFERENCE) else set()
    found["agent"] = set(cells.get("C", ""))
    return found


def in_the_flow(mode: Mode | None) -> dict[str, set[str]]:
    """What each ear is to hear in a menu or a queue, where a supervisor listens at most: caller and prompts."""
    heard: dict[str, set[str]] = {who: set() for who in (*PARTIES, *TAPS)}
    supervised = {"C", PROMPTS} if mode is not None else set()
    return heard | {"C": {PROMPTS}, "S": supervised, "caller": {"C"}}


def test_every_ear_hears_whom_it_should_in_every_arrangement_and_nobody_else() -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            made = await bridge(floor)
            for talk, mode in EVERYTHING:
                await made.arrange(Arrangement(talk, mode))
                await made.heard(wanted(talk, mode))
            for mode in (None, Mode.LISTEN, Mode.WHISPER, Mode.BARGE):
                await made.arrange(Arrangement(mode=mode), "CS", prompting=True)
                await made.heard(in_the_flow(mode))
            for mode in (None, Mode.LISTEN, Mode.WHISPER, Mode.BARGE):
                await made.arrange(Arrangement(Talk.DIRECT, mode))
            await made.heard(wanted(Talk.DIRECT, Mode.BARGE))
            await made.worker.do("hang_up", "S")  # who leaves without a word leaves the others as they were
            await made.ends["S"].expect(LegDisconnected)
            del made.ends["S"]
            # A path that stays is not touched: sample by sample, the bridge has gone on as if nobody had come or gone.
            step, seconds = await made.worker.do("roughness", "witness", TONES[0])
            assert seconds > 2
            assert step < 4, "a click"
            await made.heard(
                {who: hears - {"S"} for who, hears in wanted(Talk.DIRECT, Mode.BARGE).items() if who != "S"}
            )

    asyncio.run(main())
