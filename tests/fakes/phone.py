"""FakePhone: the Phone protocol in memory. Phones on one FakeNetwork call each other; ``tick`` moves 20 ms of audio.

A far end is simply another FakePhone; ``FarEnd`` gives it a script::

    network = FakeNetwork()
    phone = network.phone(events.append, clock)               # what the code under test is given
    customer = FarEnd(network)                                 # its phone is started by ``await customer.start()``
    leg = await customer.call("sip:100@worker.test")           # or: customer.on_invite = answer / ring / refuse(486)
    await customer.expect(LegConnected)
    await network.tick(50)                                     # one second of sound
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from tests.fakes.network import FakeNetwork, FakePhone
from voice.phone import IncomingLeg, PhoneConfig, PhoneEvent, SipAccount

__all__ = ["FakeNetwork", "FakePhone", "FarEnd", "OnInvite", "answer", "refuse", "ring"]

EventT = TypeVar("EventT", bound=PhoneEvent)
OnInvite = Callable[["FarEnd", IncomingLeg], Awaitable[None]]


async def ring(far: FarEnd, leg: IncomingLeg) -> None:
    """Say 180 and wait for the test."""
    await far.phone.answer(leg.leg_id, 180)


async def answer(far: FarEnd, leg: IncomingLeg) -> None:
    """Ring, then take the call."""
    await far.phone.answer(leg.leg_id, 180)
    await far.phone.answer(leg.leg_id)


def refuse(code: int) -> OnInvite:
    """Decline every call with ``code``."""

    async def refused(far: FarEnd, leg: IncomingLeg) -> None:
        await far.phone.hang_up(leg.leg_id, code)

    return refused


class FarEnd:
    """A scripted party: does ``on_invite`` when called, remembers every event, waits for the one a test expects."""

    def __init__(
        self, network: FakeNetwork, *, config: PhoneConfig | None = None, on_invite: OnInvite = answer
    ) -> None:
        self.on_invite = on_invite
        self.events: list[PhoneEvent] = []
        self._unread: asyncio.Queue[PhoneEvent] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self.phone = network.phone(self._on_event, config=config)

    async def start(self, account: SipAccount | None = None) -> str:
        """Start and, with ``account``, register; returns the SIP URI that reaches this party."""
        host, port = await self.phone.start()
        if account is not None:
            await self.phone.add_account(account)
        return f"sip:far@{host}:{port}"

    async def call(self, uri: str, headers: Mapping[str, str] | None = None) -> str:
        """Dial; returns the leg id."""
        leg_id = f"out-{next(self._numbers)}"
        await self.phone.dial(leg_id, uri, headers)
        return leg_id

    async def expect(self, kind: type[EventT], within_s: float = 5.0) -> EventT:
        """The next event of ``kind``, skipping others. AssertionError when it does not come."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    event = await self._unread.get()
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__}; there were {self.events}") from None

    def _on_event(self, event: PhoneEvent) -> None:
        self.events.append(event)
        self._unread.put_nowait(event)
        if isinstance(event, IncomingLeg):
            task = asyncio.get_running_loop().create_task(_run(self.on_invite(self, event)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _run(script: Awaitable[None]) -> None:
    await script
