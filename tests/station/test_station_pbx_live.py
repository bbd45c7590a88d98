"""An extension of a foreign PBX on real SIP and RTP: hold with music, consult, conference, attended transfer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.sip.ends import TONES, RemoteEnd
from tests.station.agent import SPEAKS
from tests.station.process import StationProcess, hears
from voice.phone import (
    IncomingLeg,
    LegConnected,
    LegDisconnected,
    LegHoldChanged,
    LegReferred,
    LegReplaced,
    PhoneConfig,
)

pytestmark = pytest.mark.live

CUSTOMER_TONE, COLLEAGUE_TONE, MUSIC = TONES[0], TONES[2], TONES[3]


async def ask(station: StationProcess, verb: str, argument: str = "") -> None:
    station.press(f"ask {verb} {argument}")
    answer = await station.until(lambda message: message.get("asked") == verb)
    assert answer["ok"], answer["reason"]


async def until_lines(station: StationProcess, **phases: str) -> dict[str, Any]:
    """Wait until the lines are in these phases."""

    def so(message: dict[str, Any]) -> bool:
        lines = message.get("state", {}).get("lines", ())
        return "state" in message and {line["leg_id"].replace("-", "_"): line["phase"] for line in lines} == phases

    return await station.until(so)


async def end(host: str, tone: int) -> tuple[RemoteEnd, str]:
    party = RemoteEnd(PhoneConfig(host=host, rtp_host=host, replaceable=True))
    await party.open()
    uri = await party.do("start")
    await party.do("add_tone", "tone", tone)
    await party.do("add_ear", "ear")
    return party, uri


async def talk(party: RemoteEnd, leg_id: str) -> None:
    await party.do("set_paths", [("tone", f"leg:{leg_id}", 1.0), (f"leg:{leg_id}", "ear", 1.0)])


async def a_day(station: StationProcess, customer: RemoteEnd, colleague: RemoteEnd, extension: str) -> None:
    where = await station.until(lambda message: "sip" in message)
    await customer.do("dial", "a", where["sip"])
    await until_lines(station, in_1="ringing")
    station.press("hook")
    await customer.expect(LegConnected)
    await talk(customer, "a")
    await until_lines(station, in_1="in_call")
    await station.until(hears(CUSTOMER_TONE))

    await ask(station, "hold")
    assert (await customer.expect(LegHoldChanged)).held_by_peer
    await customer.do("until_hears", "ear", [MUSIC])
    await ask(station, "resume")
    assert not (await customer.expect(LegHoldChanged)).held_by_peer
    await station.until(hears(CUSTOMER_TONE))

    await ask(station, "consult", extension)
    leg_id = (await colleague.expect(IncomingLeg)).leg_id
    await colleague.do("answer", leg_id)
    await colleague.expect(LegConnected)
    await talk(colleague, leg_id)
    await until_lines(station, in_1="held", out_1="in_call")
    await station.until(hears(COLLEAGUE_TONE))
    await customer.do("until_hears", "ear", [MUSIC])

    await ask(station, "conference")
    await customer.do("until_hears", "ear", [COLLEAGUE_TONE])
    await colleague.do("until_hears", "ear", [CUSTOMER_TONE])
    station.press("speak")
    await customer.do("until_hears", "ear", [SPEAKS, COLLEAGUE_TONE])

    await ask(station, "split")
    await ask(station, "complete")
    assert (await customer.expect(LegReferred)).replaces
    await customer.do("answer_referral", "a", "moved")
    replaced = await colleague.expect(LegReplaced)
    assert (await customer.expect(LegConnected)).leg_id == "moved"
    assert (await customer.expect(LegDisconnected)).leg_id == "a"
    await talk(customer, "moved")
    await talk(colleague, replaced.new_leg_id)
    await until_lines(station)
    await customer.do("until_hears", "ear", [COLLEAGUE_TONE])
    await colleague.do("until_hears", "ear", [CUSTOMER_TONE])

    await customer.do("dial", "b", where["sip"], {"Answer-Mode": "Auto"})  # nobody presses anything
    assert (await customer.expect(LegConnected)).leg_id == "b"
    await customer.do("hang_up", "moved")
    await talk(customer, "b")
    await station.until(hears(CUSTOMER_TONE))


def test_hold_consult_conference_and_attended_transfer() -> None:
    async def main() -> None:
        station = await StationProcess.open("127.0.0.4", environment={"CALLFLOOR_TEST_PBX": "1"})
        customer, _ = await end("127.0.0.2", CUSTOMER_TONE)
        colleague, extension = await end("127.0.0.6", COLLEAGUE_TONE)
        try:
            await a_day(station, customer, colleague, extension)
        finally:
            statuses = {await station.shut(), await customer.shut(), await colleague.shut()}
        assert statuses == {0}

    asyncio.run(main())
