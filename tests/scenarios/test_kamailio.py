"""What only Kamailio and two fronts have: a supervisor of the one at a contact of the other, and what it costs when a
worker or a whole front is lost. That contacts go there as with a front alone, the other scenarios show (``gate``).
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from assist.demo.stage import AGENT, CUSTOMER_HOST, Cast
from ivr.contacts import CallbackRequested, ContactOffered
from tests.fakes.kamailio import KAMAILIO
from tests.fakes.sip_peer import SipPeer
from tests.scenarios.fronts import SECOND_HOST, BehindKamailio
from tests.scenarios.test_call_control import BEN, BEN_TOO, taken_over, until_free
from tests.scenarios.test_call_control import SECRET as BENS_SECRET
from tests.scenarios.test_supervisor import SARA, Supervisor, hears_more, listens, supervisor
from tests.scenarios.theatre import Extra, colleague, happened, on_stage, press, worker_pid
from voice.front.trunks import address_of
from voice.hearing import Mode
from voice.phone import LegDisconnected
from voice.zygote import ids_begin

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(KAMAILIO is None, reason="Kamailio is not installed (Debian: kamailio)"),
]


def test_contacts_behind_kamailio_and_two_fronts(tmp_path: Path) -> None:
    async def main() -> None:
        gate = BehindKamailio()
        async with on_stage(tmp_path, more=BEN_TOO + SARA, gate=gate) as cast:
            await dial_at_the_second_front(cast)
            await cast.meet()
            async with colleague(cast, BEN, BENS_SECRET, "127.0.0.5") as ben:
                await until_free(cast, BEN)
                await give_away(cast, ben)
                async with supervisor(cast) as sara:
                    await supervise(cast, sara, ben)
                ben.puppet.order("hang_up")
                await is_over(cast, "agent")
            await worker_is_killed(cast)
            await gate.second.aclose()
            async with SipPeer.open(CUSTOMER_HOST) as caller:
                await front_is_gone(cast, caller)
                await no_bridge_is_reached(cast, caller)
            await front_takes_calls_from_kamailio_only(cast)

    asyncio.run(main())


async def dial_at_the_second_front(cast: Cast) -> None:
    """Kamailio takes the fronts in turn: one of a few calls is a contact of the front that is not the house's. There
    a supervisor's bridge, which is always a worker of the house, is on the other host.
    """
    for _ in range(6):
        await cast.dial()
        offered = happened(cast, cast.seen.contact_id, ContactOffered)[0].event
        assert isinstance(offered, ContactOffered)
        if offered.worker_id.startswith(ids_begin(SECOND_HOST)):
            return
        cast.customer.order("hang_up")
        await is_over(cast, "caller")
    raise AssertionError("the second front never got a call")


async def give_away(cast: Cast, ben: Extra) -> None:
    """A blind transfer to a colleague."""
    await press(cast, AGENT, cast.secret, "transfer", kind="agent", to=BEN)
    ben.puppet.order("answer")
    await taken_over(cast, ben)


async def supervise(cast: Cast, sara: Supervisor, ben: Extra) -> None:
    """She listens, whispers, barges in, and leaves; customer and colleague stay."""
    contact = cast.seen.contact_id
    leg = await listens(cast, sara, contact, [2])
    heard = len(ben.told("hears"))
    await sara.presses(leg, "#5", Mode.WHISPER, contact)
    await ben.until(lambda: len(ben.told("hears")) > heard, "Ben to hear her whisper")
    await sara.presses(leg, "#6", Mode.BARGE, contact)
    await hears_more(cast, "caller")
    sara.order("leave", contact_id=contact)
    await sara.phone.expect(LegDisconnected)
    assert not cast.seen.hung_up


async def is_over(cast: Cast, ended_by: str) -> None:
    """Everywhere, before the next call."""
    await cast.seen.until(lambda: cast.seen.hung_up and cast.seen.closed is not None, "the contact to close")
    assert cast.seen.ended is not None
    assert cast.seen.ended.ended_by == ended_by


async def worker_is_killed(cast: Cast) -> None:
    """In mid-call, at the second front: both legs get their BYE through Kamailio, and the floor is told."""
    await dial_at_the_second_front(cast)
    await cast.meet()
    os.kill(worker_pid(cast, cast.seen.contact_id), signal.SIGKILL)
    await cast.seen.until(lambda: cast.seen.hung_up, "the customer's BYE")
    await cast.seen.until(lambda: cast.seen.station["phase"] == "idle", "the agent's BYE")
    await cast.seen.until(lambda: cast.seen.ended is not None, "the contact to end")
    assert cast.seen.ended is not None
    assert (cast.seen.ended.reason, cast.seen.ended.ended_by) == ("worker_lost", "system")
    await cast.seen.until(lambda: bool(cast.seen.events(CallbackRequested)), "the customer to be put down")


async def front_is_gone(cast: Cast, caller: SipPeer) -> None:
    """Every call, also one that was meant for the front that is gone, is taken by the one that is left."""
    server = address_of(cast.sip)
    for number in range(2):
        caller.send(caller.request("INVITE", "sip:100@callfloor", f"after-{number}"), server)
        answer = await caller.final()
        assert answer.status == 200
        assert "{}:{}".format(*cast.house.addresses.sip) in ",".join(answer.headers.all("Record-Route"))
        caller.send(caller.within(answer, "ACK", 1), server)
        caller.send(caller.within(answer, "BYE", 2), server)
        assert (await caller.final()).status == 200


async def no_bridge_is_reached(cast: Cast, caller: SipPeer) -> None:
    """From outside, whatever the caller says she is."""
    sneaks = caller.request("INVITE", "sip:bridge-w1x1@callfloor", "sneaks", X_Callfloor_Supervise="c0ffee")
    caller.send(sneaks, address_of(cast.sip))
    refused = await caller.final()
    assert refused.status == 403
    caller.send(caller.failed_ack(refused), address_of(cast.sip))


async def front_takes_calls_from_kamailio_only(cast: Cast) -> None:
    async with SipPeer.open("127.0.0.9") as stranger:
        for method, uri in (("REGISTER", "sip:callfloor"), ("INVITE", "sip:100@callfloor")):
            stranger.send(stranger.request(method, uri, f"uninvited-{method}"), cast.house.addresses.sip)
            assert (await stranger.final()).status == 403, "it asks nobody for credentials"
