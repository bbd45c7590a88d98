"""The station as an extension of Kamailio, with baresip and two linphones at the other end of its calls."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.kamailio import own_address
from tests.interop.pbx import INSTALLED, ask, hears_nothing, registrar, station, until_line
from tests.interop.softphones import Baresip, Linphone
from tests.sip.ends import TONES
from tests.station.agent import SPEAKS
from tests.station.process import StationProcess, hears

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not INSTALLED, reason="no Kamailio with TLS (Debian: kamailio, kamailio-tls-modules)"),
    pytest.mark.skipif(Baresip.PROGRAM is None, reason="baresip is not installed (Debian: baresip-core)"),
    pytest.mark.skipif(Linphone.PROGRAM is None, reason="linphonec is not installed (Debian: linphone-cli)"),
]

BARESIP, LINPHONE, OTHER, MUSIC = TONES[0], TONES[2], TONES[4], TONES[3]


async def talk(anna: StationProcess, tone: int, phone: Baresip | Linphone) -> None:
    """Sound goes both ways."""
    await anna.until(hears(tone))
    anna.press("speak")
    await phone.until_hears(SPEAKS)


async def hold_and_blind_transfer(anna: StationProcess, baresip: Baresip, linphone: Linphone) -> None:
    baresip.do("/dial sip:anna@callfloor")
    await until_line(anna, phase="ringing", number="1001")
    anna.press("hook")
    await until_line(anna, phase="in_call")
    await talk(anna, BARESIP, baresip)

    await ask(anna, "hold")
    await anna.until(hears_nothing)
    await ask(anna, "resume")
    await anna.until(hears(BARESIP))
    baresip.do("/hold")
    await until_line(anna, held_by_peer=True)
    baresip.do("/resume")
    await until_line(anna, held_by_peer=False)
    await anna.until(hears(BARESIP))

    await ask(anna, "transfer", "1002")
    await linphone.says("Receiving new incoming call")
    linphone.do("answer")
    await until_line(anna)
    await linphone.until_hears(BARESIP)
    await baresip.until_hears(LINPHONE)
    baresip.do("/hangup")
    await linphone.says("ended")


async def attended_transfer(anna: StationProcess, linphone: Linphone, other: Linphone) -> None:
    linphone.do("call sip:anna@callfloor")
    await until_line(anna, phase="ringing", number="1002")
    anna.press("hook")
    await talk(anna, LINPHONE, linphone)

    linphone.do("pause")  # and goes on sounding: that is its music
    paused = await linphone.says(r"Call (\d+) with .* is now paused")
    await until_line(anna, held_by_peer=True)
    linphone.do(f"resume {paused[1]}")
    await until_line(anna, held_by_peer=False)
    await talk(anna, LINPHONE, linphone)

    await ask(anna, "hold")
    await linphone.until_hears(MUSIC)
    await ask(anna, "resume")
    await talk(anna, LINPHONE, linphone)

    await ask(anna, "consult", "1003")
    await other.says("Receiving new incoming call")
    other.do("answer")
    await talk(anna, OTHER, other)
    await linphone.until_hears(MUSIC)
    await ask(anna, "complete")
    await until_line(anna)
    await linphone.says("Media streams established with <sip:1003@callfloor")
    await other.says("Media streams established with sip:1002@callfloor")
    linphone.do("terminate")
    await other.says("ended")


async def transferred_by_the_other(anna: StationProcess, linphone: Linphone, baresip: Baresip) -> None:
    await ask(anna, "dial", "1002")
    await linphone.says("Receiving new incoming call")
    linphone.do("answer")
    await talk(anna, LINPHONE, linphone)
    linphone.do("transfer sip:1001@callfloor")
    await until_line(anna, phase="in_call", caller="sip:1001@callfloor")
    await talk(anna, BARESIP, baresip)
    await ask(anna, "hang_up")
    await until_line(anna)
    await baresip.says("terminated")


def test_baresip_and_linphone_through_kamailio() -> None:
    async def main() -> None:
        async with (
            registrar() as kamailio,
            Baresip.open("1001", own_address(2), kamailio.host, BARESIP) as baresip,
            Linphone.open("1002", own_address(3), kamailio.host, LINPHONE) as linphone,
            Linphone.open("1003", own_address(4), kamailio.host, OTHER) as other,
            station(kamailio, "tls") as anna,
        ):
            await hold_and_blind_transfer(anna, baresip, linphone)
            await attended_transfer(anna, linphone, other)
            await transferred_by_the_other(anna, linphone, baresip)

    asyncio.run(main())
