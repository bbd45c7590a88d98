"""Offers that the front lets through and a worker's SIP stack refuses: each costs its INVITE, and no worker."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from assist.demo.stage import CUSTOMER_HOST
from tests.fakes.sip_peer import SDP, SipPeer
from tests.scenarios.theatre import on_stage

pytestmark = pytest.mark.live

WORKERS = 8
"""What the demo's stage has in all."""


def test_the_next_caller_is_served(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast, SipPeer.open(CUSTOMER_HOST) as caller:
            front = cast.house.addresses.sip
            statuses = []
            for number in range(WORKERS):
                invite = caller.request("INVITE", "sip:100@callfloor", f"only-srtp-{number}")
                caller.send(replace(invite, body=SDP.replace(b"RTP/AVP", b"RTP/SAVP")), front)
                answer = await caller.final()
                caller.send(caller.failed_ack(answer), front)
                statuses.append(answer.status)
            assert 488 in statuses
            assert set(statuses) <= {488, 503}
            async with asyncio.timeout(60):
                await _taken(caller, front)

    asyncio.run(main())


async def _taken(caller: SipPeer, front: tuple[str, int]) -> None:
    """Call until a call is answered: nobody tells a caller when a worker is free again."""
    for attempt in itertools.count():
        invite = caller.request("INVITE", "sip:100@callfloor", f"sound-{attempt}")
        caller.send(invite, front)
        answer = await caller.final()
        if answer.status == 200:
            caller.send(caller.within(answer, "ACK", 1), front)
            caller.send(caller.within(answer, "BYE", 2), front)
            await caller.final()
            return
        caller.send(caller.failed_ack(answer), front)
        await asyncio.sleep(0.2)
