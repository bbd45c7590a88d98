"""A caller's BYE that never came: her telephone sends no sound and, asked through the front, does not know the call; or
it answers nothing any more. Whether it ever offered OPTIONS (Allow) is no matter.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.demo.stage import AGENT, CUSTOMER_HOST, Cast
from ivr.contacts import ContactEnded
from tests.fakes.sip_peer import SipPeer
from tests.scenarios.test_call_control import state_of
from tests.scenarios.theatre import contact_of, happened, on_stage
from voice.events import LegEnded
from voice.front.message import Request

pytestmark = pytest.mark.live


def forgets(peer: SipPeer, request: Request) -> None:
    peer.answer(request, 481 if request.method == "OPTIONS" else 200)


def vanishes(peer: SipPeer, request: Request) -> None:
    """Whatever she is asked."""


async def calls(caller: SipPeer, cast: Cast, call_id: str) -> None:
    front = cast.house.addresses.sip
    caller.send(caller.request("INVITE", "sip:100@callfloor", call_id, user=call_id), front)
    answer = await caller.final()
    assert answer.status == 200
    caller.send(caller.within(answer, "ACK", 1), front)
    await caller.next_request("OPTIONS")


def ended_after(cast: Cast, name: str) -> list[str]:
    """What a caller's contact said of its end, up to the end itself, which is put down to her."""
    contact = contact_of(cast, name)
    (ended,) = happened(cast, contact, ContactEnded)
    assert isinstance(ended.event, ContactEnded)
    assert ended.event.ended_by == "caller"
    theirs = [seen for seen in cast.seen.envelopes if seen.contact_id == contact]
    told = theirs[: theirs.index(ended) + 1]
    return [seen.event.type for seen in told if isinstance(seen.event, LegEnded | ContactEnded)]


async def dies_in_talk(cast: Cast) -> None:
    """The agent who talked to her is free."""
    await cast.connect()
    cast.customer.process.kill()
    await cast.seen.until(lambda: state_of(cast, AGENT) in ("WRAPUP", "AVAILABLE"), "the agent to be free")
    await cast.seen.until(lambda: cast.seen.station["phase"] == "idle", "her headset to show it")


def test_a_caller_who_is_gone_without_a_word_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            on_stage(tmp_path) as cast,
            SipPeer.open(CUSTOMER_HOST, answer=vanishes) as vanished,
            SipPeer.open(CUSTOMER_HOST, answer=forgets) as forgetful,
        ):
            await calls(vanished, cast, "vanished")
            await calls(forgetful, cast, "lost-bye")
            await cast.seen.until(lambda: len(cast.seen.events(ContactEnded)) == 2, "the contacts to end")
            assert ended_after(cast, "lost-bye") == ["leg.ended", "contact.ended"], "the SIP stack did, told by 481"
            assert ended_after(cast, "vanished") == ["contact.ended"], "we did, long before the SIP stack would"
            await dies_in_talk(cast)

    asyncio.run(main())
