from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx

from assist.store.errors import StoreError, StoreFailure
from assist.webhook import OLD_S, SIGNATURE, Webhook, signed
from tests.fakes.clock import VirtualClock

PAUSE_S = 5.0
SECRET = "sixteen characters and more"


class Receiver:
    """The other system: answers what it is told to, in turn, and then 200."""

    def __init__(self, *answers: int | type[httpx.HTTPError]) -> None:
        self._answers = list(answers)
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content)
        self.signatures.append(request.headers[SIGNATURE])
        answer = self._answers.pop(0) if self._answers else 200
        if not isinstance(answer, int):
            raise answer("away")
        return httpx.Response(answer)

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for body in self.bodies]

    async def until(self, count: int, clock: VirtualClock) -> None:
        async with asyncio.timeout(10):
            while len(self.bodies) < count:
                await clock.advance(PAUSE_S)


class Log:
    """An outbox in memory; ``bookmark`` is what outlives its reader."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._messages: list[dict[str, Any]] = []
        self._given = 0
        self.bookmark = 0
        self.broken = self.full = 0

    def add(self, *ids: str) -> None:
        for each in ids:
            message = {"type": "alert.raised", "id": each, "at": self._clock.wall(), "contact_id": None, "data": {}}
            self._messages.append(message)

    def rewind(self) -> None:
        """From the bookmark on, as another reader would."""
        self._given = self.bookmark

    async def waiting(self) -> Sequence[tuple[int, Mapping[str, Any]]]:
        if self.broken:
            self.broken -= 1
            raise StoreError(StoreFailure.LOCKED, "away")
        found = list(enumerate(self._messages, 1))[self._given : self._given + 2]
        self._given += len(found)
        return found

    async def taken(self, position: int) -> None:
        if self.full:
            self.full -= 1
            raise StoreError(StoreFailure.FULL, "no room")
        self.bookmark = position


Use = Callable[[Webhook, Log, VirtualClock], Awaitable[None]]


def run(receiver: Receiver, use: Use, pauses_s: Sequence[float] = (PAUSE_S, PAUSE_S)) -> None:
    async def main() -> None:
        clock = VirtualClock()
        async with httpx.AsyncClient(transport=httpx.MockTransport(receiver)) as client:
            log = Log(clock)
            hook = Webhook("https://alerts.test/in", SECRET, clock, client, log, pauses_s)
            running = asyncio.create_task(hook.run())
            await use(hook, log, clock)
            running.cancel()

    asyncio.run(main())


def test_what_is_sent_is_signed_over_time_and_body() -> None:
    receiver = Receiver()

    async def use(hook: Webhook, log: Log, clock: VirtualClock) -> None:
        sent_at = int(clock.wall())
        log.add("1")
        hook.stir()
        await receiver.until(1, clock)
        told = json.loads(receiver.bodies[0])
        assert (told["type"], told["id"], told["contact_id"], told["data"]) == ("alert.raised", "1", "", {})
        at, mac = (part.partition("=")[2] for part in receiver.signatures[0].split(","))
        assert int(at) == sent_at
        assert mac == hmac.new(SECRET.encode(), at.encode() + b"." + receiver.bodies[0], "sha256").hexdigest()
        assert signed(receiver.bodies[0], "another secret", int(at)) != receiver.signatures[0]

    run(receiver, use)


def test_a_receiver_that_is_away_gets_it_again_and_in_order() -> None:
    receiver = Receiver(503, httpx.ConnectError, 503, 503, 503)

    async def use(hook: Webhook, log: Log, clock: VirtualClock) -> None:
        log.add("1", "2", "3")
        hook.stir()
        await receiver.until(8, clock)
        assert receiver.ids == ["1"] * 6 + ["2", "3"]
        await clock.advance(0)
        assert (hook.delivered, hook.failed, log.bookmark) == (3, 0, 3)

    run(receiver, use)


def test_what_is_refused_or_too_old_is_given_up_and_counted() -> None:
    receiver = Receiver(400, 500, 500, 500)

    async def use(hook: Webhook, log: Log, clock: VirtualClock) -> None:
        log.add("1", "2")
        hook.stir()
        await clock.advance(PAUSE_S)
        assert receiver.ids == ["1", "2", "2"]
        await clock.advance(OLD_S)
        log.add("3")
        hook.stir()
        await clock.advance(0)
        assert receiver.ids == ["1", "2", "2", "2", "3"]
        assert (hook.delivered, hook.failed) == (1, 2)

    run(receiver, use, pauses_s=(PAUSE_S, OLD_S))


def test_what_waited_when_a_floor_ended_is_told_by_the_next() -> None:
    receiver = Receiver(200, *[503] * 3)

    async def main() -> None:
        clock = VirtualClock()
        log = Log(clock)
        log.add("1", "2", "3")
        async with httpx.AsyncClient(transport=httpx.MockTransport(receiver)) as client:
            for _ in range(2):
                log.rewind()
                hook = Webhook("https://alerts.test/in", SECRET, clock, client, log, pauses_s=(PAUSE_S,))
                running = asyncio.create_task(hook.run())
                await receiver.until(len(receiver.bodies) + 3, clock)
                running.cancel()

    asyncio.run(main())
    assert receiver.ids[:3] == ["1", "2", "2"]  # it ended while it tried the second
    assert receiver.ids[-2:] == ["2", "3"]


def test_a_store_that_is_away_is_asked_again() -> None:
    receiver = Receiver()

    async def use(hook: Webhook, log: Log, clock: VirtualClock) -> None:
        log.broken = 2
        log.add("1")
        hook.stir()
        await receiver.until(1, clock)
        assert receiver.ids == ["1"]
        log.full = 1
        log.add("2", "3")
        hook.stir()
        await receiver.until(4, clock)
        assert receiver.ids == ["1", "2", "2", "3"]  # it could not be put down that 2 was told

    run(receiver, use)
