"""The station as an extension of Kamailio, and sipp on its trunk: what calls do besides being answered and hung up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.interop.pbx import INSTALLED, Kamailio, ask, hears_nothing, registrar, station, until_line
from tests.interop.trunk import SIPP, Voice, sipp
from tests.sip.ends import TONES
from tests.station.agent import SPEAKS
from tests.station.process import StationProcess, hears

pytestmark = [
    pytest.mark.live,
    pytest.mark.sipp,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed (Debian: sip-tester)"),
    pytest.mark.skipif(not INSTALLED, reason="no Kamailio with TLS (Debian: kamailio, kamailio-tls-modules)"),
]

CALLER, OTHER, MUSIC = TONES[0], TONES[2], TONES[3]


class Stage:
    """A station, the PBX it is an extension of, and what sounds at the far end."""

    def __init__(self, kamailio: Kamailio, anna: StationProcess, voice: Voice) -> None:
        self.kamailio, self.anna, self.voice = kamailio, anna, voice

    async def answered(self) -> None:
        """Sound goes both ways."""
        await until_line(self.anna, phase="ringing", caller="Mrs Bell")
        self.anna.press("hook")
        await until_line(self.anna, phase="in_call")
        await self.talk(CALLER)

    async def talk(self, tone: int) -> None:
        await self.anna.until(hears(tone))
        self.anna.press("speak")
        await self.voice.until_hears(SPEAKS)


def played(scene: Callable[[Stage], Awaitable[None]], transport: str = "tcp") -> None:
    async def main() -> None:
        async with (
            registrar() as kamailio,
            station(kamailio, transport) as anna,
            Voice.open(kamailio.trunk, CALLER) as voice,
        ):
            await scene(Stage(kamailio, anna, voice))

    asyncio.run(main())


async def hold(stage: Stage) -> None:
    anna = stage.anna
    async with sipp(stage.kamailio, "hold", stage.voice) as caller:
        await stage.answered()
        await caller.cue()
        await until_line(anna, held_by_peer=True)
        await anna.until(hears_nothing)
        stage.voice.forget()
        await anna.until(hears_nothing)
        assert stage.voice.packets == 0  # half a second long nothing was said into the hold
        await caller.cue()
        await until_line(anna, held_by_peer=False)
        await stage.talk(CALLER)
        await caller.cue()
        await until_line(anna)


async def late_offer(stage: Stage) -> None:
    async with sipp(stage.kamailio, "late_offer", stage.voice) as caller:
        await stage.answered()
        await caller.cue()
        await stage.talk(CALLER)
        await ask(stage.anna, "hang_up")
        await until_line(stage.anna)


async def given_up_and_busy(stage: Stage) -> None:
    anna = stage.anna
    async with sipp(stage.kamailio, "cancel", stage.voice):
        await until_line(anna, phase="ringing")
        await until_line(anna)
    async with sipp(stage.kamailio, "busy", stage.voice):
        await until_line(anna, phase="ringing")
        await ask(anna, "busy")
        await until_line(anna)
    async with sipp(stage.kamailio, "is_busy", stage.voice):
        await ask(anna, "dial", "5550177")
        await anna.until(lambda message: "486 Busy Here" in message.get("state", {}).get("trouble", ""))
    async with sipp(stage.kamailio, "is_cancelled", stage.voice):
        await ask(anna, "dial", "5550177")
        await until_line(anna, phase="dialling")
        await anna.until(hears(CALLER))
        await ask(anna, "hang_up")
        await until_line(anna)


async def handed_on(stage: Stage) -> None:
    anna, target = stage.anna, f"sip:5550188@{stage.kamailio.trunk}:5070"
    async with Voice.open(stage.kamailio.trunk, OTHER) as other, sipp(stage.kamailio, "answers", other, 5070):
        async with sipp(stage.kamailio, "refer", stage.voice, target=target) as caller:
            await stage.answered()
            await caller.cue()
            await until_line(anna, phase="in_call", caller=target)
        await anna.until(hears(OTHER))
        anna.press("speak")
        await other.until_hears(SPEAKS)
        await ask(anna, "hang_up")
        await until_line(anna)
    async with sipp(stage.kamailio, "referred", stage.voice):
        await stage.answered()
        await ask(anna, "transfer", "5550177")
        await until_line(anna)


async def lost_bye(stage: Stage) -> None:
    anna = stage.anna
    async with sipp(stage.kamailio, "forgotten", stage.voice):
        await stage.answered()
        await ask(anna, "hold")
        await until_line(anna)
    async with sipp(stage.kamailio, "deaf", stage.voice) as deaf:
        await stage.answered()
        await ask(anna, "hang_up")
        async with (
            Voice.open(stage.kamailio.trunk, OTHER) as other,
            sipp(stage.kamailio, "busy", other, 5070),  # nobody waits for an answer that does not come
        ):
            await anna.until(lambda message: message.get("state", {}).get("phase") == "ringing")
            await ask(anna, "busy")
        await deaf.cue()


def test_hold_by_the_far_end() -> None:
    played(hold)


def test_offers_that_come_late() -> None:
    played(late_offer, "udp")


def test_calls_that_never_begin() -> None:
    played(given_up_and_busy)


def test_transfer_either_way() -> None:
    played(handed_on)


def test_byes_that_are_lost() -> None:
    played(lost_bye)
