"""What every bus must do. A test module subclasses ``BusContract`` and says how to make a house of buses."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import ClassVar

import pytest

from voice.bus.base import Bus, Subscription
from voice.commands import Command, Reply
from voice.errors import BusClosedError, CommandRefusedError, CommandTimeoutError, NoSuchAddressError
from voice.events import Envelope, Event, LegEnded, WorkerLost

DEADLINE = 10.0


@dataclass(frozen=True, slots=True)
class LevelMeasured(Event):
    """A live event for these tests."""

    type: ClassVar[str] = "test.level"
    durable: ClassVar[bool] = False
    level: int


@dataclass(frozen=True, slots=True)
class Ring(Command):
    """A command for these tests."""

    type: ClassVar[str] = "test.ring"
    times: int


TEST_EVENTS: tuple[type[Event], ...] = (LevelMeasured, LegEnded, WorkerLost)
TEST_COMMANDS: tuple[type[Command], ...] = (Ring,)

MakeBus = Callable[[str], AbstractAsyncContextManager[Bus]]


async def take(subscription: Subscription, count: int) -> list[Envelope]:
    """The next ``count`` envelopes."""
    async with asyncio.timeout(DEADLINE):
        return [await anext(subscription) for _ in range(count)]


def lost(name: str) -> WorkerLost:
    return WorkerLost(name, "test")


class BusContract(ABC):
    """Subclass and implement ``house``: an async context manager yielding a factory of started, connected buses."""

    @abstractmethod
    def house(self) -> AbstractAsyncContextManager[MakeBus]: ...

    def run(self, scenario: Callable[[Bus, Bus, MakeBus], Awaitable[None]]) -> None:
        async def main() -> None:
            async with asyncio.timeout(3 * DEADLINE), self.house() as make, make("one") as one, make("two") as two:
                await scenario(one, two, make)

        asyncio.run(main())

    def test_events_arrive_in_order_with_rising_seq(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            heard = two.subscribe("worker.*")
            await _settled(two, one)
            for name in "abc":
                one.publish(lost(name), contact_id="c1", cause_id="why")
            envelopes = await take(heard, 3)
            assert [e.event for e in envelopes] == [lost("a"), lost("b"), lost("c")]
            assert [e.seq for e in envelopes] == [envelopes[0].seq + n for n in range(3)]
            assert {(e.contact_id, e.cause_id) for e in envelopes} == {("c1", "why")}

        self.run(scenario)

    def test_a_subscription_gets_only_its_types(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            heard = two.subscribe("leg.ended")
            await _settled(two, one)
            one.publish(lost("a"))
            one.publish(LegEnded("l", "agent", 200, "OK"))
            assert [e.event.type for e in await take(heard, 1)] == ["leg.ended"]

        self.run(scenario)

    def test_a_durable_event_waits_for_its_named_subscriber(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            one.publish(lost("before"))
            await _settled(one, two)
            heard = two.subscribe("*", durable="floor")
            assert [e.event for e in await take(heard, 1)] == [lost("before")]

        self.run(scenario)

    def test_what_was_not_handled_comes_again_to_the_next_reader(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            async with make("floor") as floor:
                heard = floor.subscribe("*", durable="floor")
                for name in "abc":
                    one.publish(lost(name))
                await take(heard, 2)  # the second was taken but not handled: the reader dies with it in hand
            again = two.subscribe("*", durable="floor")
            assert [e.event for e in await take(again, 2)] == [lost("b"), lost("c")]

        self.run(scenario)

    def test_live_events_are_dropped_and_counted_when_a_reader_is_slow(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            heard = two.subscribe("test.level", "worker.lost", limit=5)
            await _settled(two, one)
            for level in range(20):
                one.publish(LevelMeasured(level))
            one.publish(lost("end"))
            marker = two.subscribe("worker.lost")
            await _settled(two, one)
            one.publish(lost("marker"))
            await take(marker, 1)
            got = await take(heard, 5)
            assert [e.event for e in got[-2:]] == [lost("end"), lost("marker")]
            assert [e.event for e in got[:-2]] == [LevelMeasured(17), LevelMeasured(18), LevelMeasured(19)]
            assert heard.dropped == 17

        self.run(scenario)

    def test_a_command_is_carried_out_or_refused_with_a_reason(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            rung: list[int] = []

            async def ring(command: Command) -> Reply:
                assert isinstance(command, Ring)
                rung.append(command.times)
                return Reply(command.times < 3, "too often")

            two.serve("bell", ring)
            await _settled(two, one)
            await one.request("bell", Ring(1))
            with pytest.raises(CommandRefusedError, match="too often"):
                await one.request("bell", Ring(3))
            assert rung == [1, 3]

        self.run(scenario)

    def test_a_handler_that_fails_is_a_refusal(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            async def ring(command: Command) -> Reply:
                raise LookupError("no bell")

            two.serve("bell", ring)
            await _settled(two, one)
            with pytest.raises(CommandRefusedError, match="no bell"):
                await one.request("bell", Ring(1))

        self.run(scenario)

    def test_no_such_address(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            with pytest.raises(NoSuchAddressError, match="nobody"):
                await one.request("nobody", Ring(1))

        self.run(scenario)

    def test_a_handler_that_takes_too_long_is_a_time_out(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            async def ring(command: Command) -> Reply:
                await asyncio.Event().wait()
                raise AssertionError

            two.serve("bell", ring)
            await _settled(two, one)
            with pytest.raises(CommandTimeoutError, match=r"test\.ring"):
                await one.request("bell", Ring(1), timeout_s=0.05)

        self.run(scenario)

    def test_closing_ends_subscriptions_and_forbids_publishing(self) -> None:
        async def scenario(one: Bus, two: Bus, make: MakeBus) -> None:
            heard = two.subscribe("*")
            await two.close()
            assert [e async for e in heard] == []
            with pytest.raises(BusClosedError):
                two.publish(lost("late"))

        self.run(scenario)


async def _settled(*buses: Bus) -> None:
    """Each bus has been heard by the other side: a round trip after what it sent."""
    for bus in buses:
        with pytest.raises(NoSuchAddressError):
            await bus.request("nobody-here", Ring(0))
