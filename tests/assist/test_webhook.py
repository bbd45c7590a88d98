from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable

import httpx

from assist.webhook import SIGNATURE, WAITING, Webhook, signed
from tests.fakes.clock import VirtualClock

PAUSE_S = 5.0
SECRET = "sixteen characters and more"
Answer = Callable[[httpx.Request], httpx.Response]


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

    async def until(self, count: int, clock: VirtualClock) -> None:
        async with asyncio.timeout(10):
            while len(self.bodies) < count:
                await clock.advance(PAUSE_S)


def run(receiver: Receiver, use: Callable[[Webhook, VirtualClock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = VirtualClock()
        async with httpx.AsyncClient(transport=httpx.MockTransport(receiver)) as client:
            hook = Webhook("https://alerts.test/in", SECRET, clock, client, pauses_s=(PAUSE_S, PAUSE_S))
            running = asyncio.create_task(hook.run())
            await use(hook, clock)
            running.cancel()

    asyncio.run(main())


def test_what_is_sent_is_signed_over_time_and_body() -> None:
    receiver = Receiver()

    async def use(hook: Webhook, clock: VirtualClock) -> None:
        sent_at = int(clock.wall())
        hook.put({"type": "alert.raised", "id": "1"})
        await receiver.until(1, clock)
        assert json.loads(receiver.bodies[0]) == {"type": "alert.raised", "id": "1"}
        at, mac = (part.partition("=")[2] for part in receiver.signatures[0].split(","))
        assert int(at) == sent_at
        assert mac == hmac.new(SECRET.encode(), at.encode() + b"." + receiver.bodies[0], "sha256").hexdigest()
        assert signed(receiver.bodies[0], "another secret", int(at)) != receiver.signatures[0]

    run(receiver, use)


def test_a_receiver_that_is_away_gets_it_again_and_in_order() -> None:
    receiver = Receiver(503, httpx.ConnectError)

    async def use(hook: Webhook, clock: VirtualClock) -> None:
        hook.put({"id": "1"})
        hook.put({"id": "2"})
        await receiver.until(4, clock)
        assert [json.loads(body)["id"] for body in receiver.bodies] == ["1", "1", "1", "2"]
        await clock.advance(0)
        assert (hook.delivered, hook.failed) == (2, 0)

    run(receiver, use)


def test_what_is_refused_or_never_taken_is_given_up_and_counted() -> None:
    receiver = Receiver(400, 500, 500, 500)

    async def use(hook: Webhook, clock: VirtualClock) -> None:
        for number in "123":
            hook.put({"id": number})
        await receiver.until(5, clock)
        assert [json.loads(body)["id"] for body in receiver.bodies] == ["1", "2", "2", "2", "3"]
        assert hook.failed == 2

    run(receiver, use)


def test_too_many_waiting_push_out_the_oldest() -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(Receiver())) as client:
            hook = Webhook("https://alerts.test/in", SECRET, VirtualClock(), client)
            for number in range(WAITING + 3):
                hook.put({"id": number})
            assert hook.dropped == 3

    asyncio.run(main())
