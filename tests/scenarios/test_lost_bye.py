"""A caller's BYE that never came: her telephone sends no sound and, asked through the front, does not know the call."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assist.demo.stage import CUSTOMER_HOST
from ivr.contacts import ContactEnded, ContactOffered
from tests.fakes.sip_peer import SipPeer
from tests.scenarios.theatre import on_stage
from voice.front.message import Request

pytestmark = pytest.mark.live


def forgets(peer: SipPeer, request: Request) -> None:
    peer.answer(request, 481 if request.method == "OPTIONS" else 200)


def test_a_caller_who_is_gone_without_a_word_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast, SipPeer.open(CUSTOMER_HOST, answer=forgets) as caller:
            front, allow = cast.house.addresses.sip, "INVITE, ACK, BYE, CANCEL, OPTIONS"
            caller.send(caller.request("INVITE", "sip:100@callfloor", "lost-bye", Allow=allow), front)
            answer = await caller.final()
            assert answer.status == 200
            caller.send(caller.within(answer, "ACK", 1), front)
            await caller.next_request("OPTIONS")
            await cast.seen.until(lambda: bool(cast.seen.events(ContactEnded)), "the contact to end")
            (ended,) = cast.seen.events(ContactEnded)
            (offered,) = cast.seen.events(ContactOffered)
            assert isinstance(ended.event, ContactEnded)
            assert (ended.contact_id, ended.event.ended_by) == (offered.contact_id, "caller")

    asyncio.run(main())
