"""The phone contract on SipPhone: real SIP and RTP, every phone in its own process on its own loopback address."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.contracts.phone import CONTRACT
from tests.contracts.phone_features import FEATURES
from tests.sip.ends import Party, RemoteEnd
from voice.phone import PhoneConfig

pytestmark = pytest.mark.live


class SipFloor:
    """Parties on 127.0.0.2, 127.0.0.4, and on."""

    def __init__(self) -> None:
        self.ends: list[RemoteEnd] = []
        self.closers: list[Callable[[], None]] = []
        self._hosts = itertools.count(2, 2)

    async def party(self) -> tuple[Party, str]:
        host = f"127.0.0.{next(self._hosts)}"
        end = RemoteEnd(PhoneConfig(host=host, rtp_host=host, replaceable=True, quality_s=1.0))
        await end.open()
        self.ends.append(end)
        return end, await end.do("start")


@asynccontextmanager
async def sip_floor() -> AsyncIterator[SipFloor]:
    floor = SipFloor()
    try:
        yield floor
    finally:
        for close in floor.closers:
            close()
        statuses = await asyncio.gather(*(end.shut() for end in floor.ends))
    assert set(statuses) == {0}, "a phone's process crashed or hung"


@pytest.mark.parametrize("rule", CONTRACT + FEATURES, ids=lambda rule: rule.__name__)
def test_sip_phone(rule: Callable[[SipFloor], Awaitable[None]]) -> None:
    async def main() -> None:
        async with sip_floor() as floor:
            await rule(floor)

    asyncio.run(main())
