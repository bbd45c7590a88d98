"""The station at Kamailio once more: G722, keys, being handed on to a call that another phone has (Replaces), SRTP."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.kamailio import own_address
from tests.interop.pbx import INSTALLED, ask, registrar, station, until_line
from tests.interop.softphones import Baresip, Linphone
from tests.interop.test_softphones import talk
from tests.sip.ends import TONES
from tests.station.process import StationProcess

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not INSTALLED, reason="no Kamailio with TLS (Debian: kamailio, kamailio-tls-modules)"),
    pytest.mark.skipif(Baresip.PROGRAM is None, reason="baresip is not installed (Debian: baresip-core)"),
    pytest.mark.skipif(Linphone.PROGRAM is None, reason="linphonec is not installed (Debian: linphone-cli)"),
]

BARESIP, LINPHONE, OTHER = TONES[0], TONES[2], TONES[4]


async def wideband_and_keys(anna: StationProcess, baresip: Baresip) -> None:
    baresip.do("/dial sip:anna@callfloor")
    await until_line(anna, phase="ringing", number="1001")
    anna.press("hook")
    await baresip.says("G722")
    await talk(anna, BARESIP, baresip)
    await ask(anna, "digits", "5")
    await baresip.says(r"received event: '5' \(end=1\)")
    await ask(anna, "hang_up")
    await until_line(anna)
    await baresip.says("terminated")


async def handed_on_to_a_call(anna: StationProcess, linphone: Linphone, other: Linphone) -> None:
    """Linphone has both calls, and puts them together."""
    linphone.do("call sip:anna@callfloor")
    await until_line(anna, phase="ringing", number="1002")
    anna.press("hook")
    await until_line(anna, phase="in_call")
    await talk(anna, LINPHONE, linphone)
    linphone.do("pause")
    mine = await linphone.says(r"Call (\d+) with .* is now paused")
    await until_line(anna, held_by_peer=True)
    linphone.do("call sip:1003@callfloor")
    await other.says("Receiving new incoming call")
    other.do("answer")
    theirs = await linphone.says(r"Call (\d+) with .*1003.* connected")
    linphone.do(f"transfer {mine[1]} --to-call {theirs[1]}")
    await talk(anna, OTHER, other)
    await ask(anna, "hang_up")
    await until_line(anna)
    await other.says("ended")


def test_wideband_keys_and_replaces() -> None:
    async def main() -> None:
        async with (
            registrar() as kamailio,
            Baresip.open("1001", own_address(2), kamailio.host, BARESIP, wideband=True) as baresip,
            Linphone.open("1002", own_address(3), kamailio.host, LINPHONE) as linphone,
            Linphone.open("1003", own_address(4), kamailio.host, OTHER) as other,
            station(kamailio, "tls") as anna,
        ):
            await wideband_and_keys(anna, baresip)
            await handed_on_to_a_call(anna, linphone, other)

    asyncio.run(main())


def test_encrypted_or_not_at_all() -> None:
    async def main() -> None:
        async with (
            registrar() as kamailio,
            Baresip.open("1001", own_address(2), kamailio.host, BARESIP, srtp=True) as baresip,
            Linphone.open("1002", own_address(3), kamailio.host, LINPHONE) as linphone,
            station(kamailio, "tls", srtp="mandatory") as anna,
        ):
            linphone.do("call sip:anna@callfloor")
            await linphone.says("Not acceptable here|488|error")
            baresip.do("/dial sip:anna@callfloor")
            await until_line(anna, phase="ringing", number="1001")
            anna.press("hook")
            await until_line(anna, phase="in_call", encrypted=True)
            await talk(anna, BARESIP, baresip)
            await ask(anna, "hang_up")
            await until_line(anna)

    asyncio.run(main())
