"""The phone contract on FakePhone, so that what a unit test sees is what a call does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.contracts.phone import CONTRACT
from tests.contracts.phone_features import FEATURES
from tests.fakes.phone import FakeNetwork, FarEnd, refuse, ring
from tests.sip.ends import NearEnd, Party
from voice.phone import LegConnected, LegDisconnected, LegProgressed, PhoneConfig, RegistrationChanged, SipAccount


class FakeFloor:
    """Parties on one network."""

    def __init__(self) -> None:
        self.network = FakeNetwork()

    async def party(self) -> tuple[Party, str]:
        config = PhoneConfig(replaceable=True, quality_s=1.0)
        end = NearEnd(lambda config, listener: self.network.phone(listener, config=config), config)
        return end, await end.do("start")

    async def play(self) -> None:
        while True:
            await self.network.tick()


@pytest.mark.parametrize("rule", CONTRACT + FEATURES, ids=lambda rule: rule.__name__)
def test_fake_phone(rule: Callable[[FakeFloor], Awaitable[None]]) -> None:
    async def main() -> None:
        floor = FakeFloor()
        playing = asyncio.create_task(floor.play())
        try:
            await rule(floor)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    asyncio.run(main())


def test_far_ends_follow_their_script() -> None:
    async def main() -> None:
        network = FakeNetwork()
        caller, busy, slow = FarEnd(network), FarEnd(network, on_invite=refuse(486)), FarEnd(network, on_invite=ring)
        await caller.start()
        leg_id = await caller.call(await busy.start())
        ended = await caller.expect(LegDisconnected)
        assert (ended.leg_id, ended.code) == (leg_id, 486)
        await caller.call(await slow.start())
        assert (await caller.expect(LegProgressed)).code == 180
        assert caller.phone.legs == {"out-2"}
        await caller.call("sip:nobody@nowhere.test")
        assert (await caller.expect(LegDisconnected)).code == 404

    asyncio.run(main())


def test_a_registered_far_end_is_found_by_its_address() -> None:
    async def main() -> None:
        network = FakeNetwork()
        agent, caller = FarEnd(network), FarEnd(network)
        await caller.start()
        await agent.start(SipAccount("sip:ann@callfloor.test", register=True))
        assert (await agent.expect(RegistrationChanged)).active
        await caller.call("sip:ann@callfloor.test")
        await caller.expect(LegConnected)
        network.register_answer = (403, "Forbidden")
        await agent.phone.add_account(SipAccount("sip:eve@callfloor.test", register=True))
        assert not (await agent.expect(RegistrationChanged)).active

    asyncio.run(main())
