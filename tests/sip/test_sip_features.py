"""SipPhone's hold, digits, transfer, SRTP and session timer against unfriendly or unusual far ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from tests.contracts.phone import connect
from tests.contracts.phone_features import end_of_transfer
from tests.sip.ends import TONES, RemoteEnd
from tests.sip.rawua import RawUa
from tests.sip.test_phone_contract import SipFloor, sip_floor
from voice.phone import (
    LegConnected,
    LegDisconnected,
    LegHoldChanged,
    LegHoldRefused,
    LegReferred,
    PhoneConfig,
    Srtp,
    TransferProgressed,
)

pytestmark = pytest.mark.live


def live(test: Callable[[SipFloor], Awaitable[None]]) -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            await test(floor)

    asyncio.run(main())


async def called_raw(floor: SipFloor, *, events: bool = True) -> tuple[RemoteEnd, RawUa]:
    """A phone in a call (leg ``call``) with a raw user agent."""
    phone, _ = await floor.party()
    far = RawUa("127.0.0.40", events=events)
    floor.closers.append(far.close)
    await phone.do("dial", "call", await far.open())
    await phone.expect(LegConnected)
    await far.expect("INVITE")
    await far.expect("ACK")
    assert isinstance(phone, RemoteEnd)
    return phone, far


def test_a_hold_that_is_refused_is_reported_and_one_that_collides_is_sent_again() -> None:
    async def run(floor: SipFloor) -> None:
        phone, far = await called_raw(floor)
        far.next_answers = ["488 Not Acceptable Here"]
        await phone.do("hold", "call")
        assert "a=sendonly" in await far.expect("INVITE")
        assert (await phone.expect(LegHoldRefused)).code == 488
        far.next_answers = ["491 Request Pending"]
        await phone.do("hold", "call")
        assert "a=sendonly" in await far.expect("INVITE")
        assert "a=sendonly" in await far.expect("INVITE")
        assert (await phone.expect(LegHoldChanged)).held

    live(run)


def test_sessions_have_a_timer() -> None:
    async def run(floor: SipFloor) -> None:
        _, far = await called_raw(floor)
        assert re.search(r"\r\nSession-Expires: 1800\b", far.requests[0])
        assert re.search(r"\r\nSupported: .*\btimer\b", far.requests[0])

    live(run)


def test_digits_go_by_info_where_there_is_no_telephone_event() -> None:
    async def run(floor: SipFloor) -> None:
        phone, far = await called_raw(floor, events=False)
        await phone.do("send_digits", "call", "5#")
        for digit in "5#":
            message = await far.expect("INFO")
            assert "application/dtmf-relay" in message
            assert f"Signal={digit}" in message

    live(run)


def test_a_transfer_nobody_tells_about_is_no_success() -> None:
    """RawUa answers REFER with 200 and never notifies; BYE ends it all, and only progress, no success, was told."""

    async def run(floor: SipFloor) -> None:
        phone, far = await called_raw(floor)
        await phone.do("transfer", "call", "sip:other@127.0.0.40")
        assert re.search(r"\r\nRefer-To: <?sip:other@127\.0\.0\.40>?\r\n", await far.expect("REFER"))
        assert await far.request("BYE") == 200
        await phone.expect(LegDisconnected)
        told = [event for event in phone.inbox.seen if isinstance(event, TransferProgressed)]
        assert not any(event.final and event.code < 300 for event in told)

    live(run)


def test_a_referral_there_is_no_slot_for_ends_and_may_be_hung_up() -> None:
    async def run(floor: SipFloor) -> None:
        (agent, _), (customer, uri), (other, other_uri) = [await floor.party() for _ in range(3)]
        leg_id = await connect(agent, customer, uri)
        for number in range(3):
            await connect(customer, other, other_uri, f"call-{number}")
        await agent.do("transfer", "call", other_uri)
        await customer.expect(LegReferred)
        await customer.do("answer_referral", leg_id, "moved")
        assert await end_of_transfer(agent) == 500
        await customer.do("hang_up", "moved")  # pjsua2 has no call for it, and aborts where it is asked to end it
        ended = await customer.expect(LegDisconnected)
        assert (ended.leg_id, ended.code) == ("moved", 500)
        assert await agent.do("received", "call") >= 0

    live(run)


async def secured(floor: SipFloor, srtp: Srtp) -> RemoteEnd:
    host = f"127.0.0.{50 + 2 * len(floor.ends)}"
    end = RemoteEnd(PhoneConfig(host=host, rtp_host=host, srtp=srtp))
    await end.open()
    floor.ends.append(end)
    return end


def test_srtp_is_used_where_both_can_and_demanded_where_policy_says() -> None:
    async def run(floor: SipFloor) -> None:
        demanding, willing, plain = [await secured(floor, kind) for kind in ("mandatory", "optional", "off")]
        uri = await demanding.do("start")
        willing_uri = await willing.do("start")
        await plain.do("start")
        await plain.do("dial", "call", uri)
        assert (await plain.expect(LegDisconnected)).code == 488
        await demanding.do("add_tone", "tone", TONES[0])
        await willing.do("add_ear", "ear")
        leg_id = await connect(demanding, willing, willing_uri)
        for end in (demanding, willing):
            connected = [event for event in end.inbox.seen if isinstance(event, LegConnected)]
            assert [event.encrypted for event in connected] == [True]
        await demanding.do("set_paths", [("tone", "leg:call", 1.0)])
        await willing.do("set_paths", [(f"leg:{leg_id}", "ear", 1.0)])
        await willing.do("until_hears", "ear", [TONES[0]])
        await connect(plain, willing, willing_uri)
        assert [event.encrypted for event in plain.inbox.seen if isinstance(event, LegConnected)] == [False]

    live(run)
