"""One subscription, without a bus: order, bounds, what counts as handled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from voice.bus.base import BusStatistics, Recent, Subscription, matches
from voice.events import DigitReceived, Envelope, Event, WorkerLost


class Live(DigitReceived):
    """A live event."""

    durable = False


LIVE = Live("leg", "1")
DURABLE = WorkerLost("w1", "killed")


def envelope(number: int, event: Event = DURABLE) -> Envelope:
    return Envelope(f"e{number}", float(number), "test", number, event)


class Reader:
    def __init__(self, durable: str | None = "floor", limit: int = 100) -> None:
        self.handled: list[str] = []
        self.closed: list[Subscription] = []
        self.statistics = BusStatistics()
        self.subscription = Subscription(
            ("*",), durable, limit, on_handled=self.handled.append, on_close=self.closed.append,
            statistics=self.statistics,
        )  # fmt: skip

    def deliver(self, *envelopes: Envelope) -> None:
        for given in envelopes:
            self.subscription.deliver(given)


def run(use: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await use()

    asyncio.run(main())


def test_an_envelope_counts_as_handled_when_the_next_is_asked_for() -> None:
    async def use() -> None:
        reader = Reader()
        reader.deliver(envelope(1), envelope(2))
        assert (await anext(reader.subscription)).id == "e1"
        assert reader.handled == []
        assert (await anext(reader.subscription)).id == "e2"
        assert reader.handled == ["e1"]

    run(use)


def test_a_batch_is_what_waits_and_counts_as_handled_when_the_reader_says_so() -> None:
    async def use() -> None:
        reader = Reader()
        reader.deliver(*(envelope(number) for number in range(5)))
        batches = reader.subscription.batches(limit=3)
        first = await anext(batches)
        assert [given.id for given in first] == ["e0", "e1", "e2"]
        reader.deliver(envelope(5))
        assert [given.id for given in await anext(batches)] == ["e3", "e4", "e5"]
        assert reader.handled == []
        reader.subscription.settle(first)
        assert reader.handled == ["e0", "e1", "e2"]
        reader.subscription.close()
        assert [given async for given in batches] == []

    run(use)


def test_a_reader_cancelled_while_it_waits_loses_nothing() -> None:
    async def use() -> None:
        reader = Reader()
        waiting = asyncio.ensure_future(anext(reader.subscription.batches()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        reader.deliver(envelope(1))
        assert [given.id for given in await anext(reader.subscription.batches())] == ["e1"]

    run(use)


def test_live_events_and_unnamed_readers_acknowledge_nothing() -> None:
    async def use() -> None:
        named, unnamed = Reader(), Reader(durable=None)
        for reader, event in ((named, LIVE), (unnamed, DURABLE)):
            reader.deliver(envelope(1, event), envelope(2, event))
            await anext(reader.subscription)
            await anext(reader.subscription)
            assert reader.handled == []

    run(use)


def test_a_repeat_is_hidden_counted_and_acknowledged() -> None:
    async def use() -> None:
        reader = Reader()
        reader.deliver(envelope(1), envelope(1))
        assert reader.handled == ["e1"]
        assert (reader.statistics.delivered, reader.statistics.repeats_hidden) == (1, 1)

    run(use)


def test_a_full_queue_drops_its_oldest_live_event_and_no_durable_one() -> None:
    async def use() -> None:
        reader = Reader(limit=3)
        reader.deliver(envelope(1), envelope(2, LIVE), envelope(3, LIVE), envelope(4), envelope(5), envelope(6))
        assert [given.id for given in await anext(reader.subscription.batches())] == ["e1", "e4", "e5", "e6"]
        assert (reader.subscription.dropped, reader.statistics.live_dropped) == (2, 2)

    run(use)


def test_a_full_queue_of_an_unnamed_reader_drops_the_oldest() -> None:
    async def use() -> None:
        reader = Reader(durable=None, limit=2)
        reader.deliver(envelope(1), envelope(2), envelope(3))
        assert [given.id for given in await anext(reader.subscription.batches())] == ["e2", "e3"]

    run(use)


def test_closing_ends_the_reader_and_is_harmless_twice() -> None:
    async def use() -> None:
        reader = Reader()
        waiting = asyncio.ensure_future(_all(reader.subscription))
        await asyncio.sleep(0)
        reader.subscription.close()
        reader.subscription.close()
        reader.deliver(envelope(1))
        assert await waiting == []
        assert reader.closed == [reader.subscription]

    run(use)


async def _all(subscription: Subscription) -> list[Envelope]:
    return [given async for given in subscription]


def test_patterns() -> None:
    assert matches(("*",), "leg.ended")
    assert matches(("leg.*",), "leg.ended")
    assert matches(("contact.*", "leg.ended"), "leg.ended")
    assert not matches(("leg.*",), "legal.ended")
    assert not matches(("leg",), "leg.ended")
    assert not matches((), "leg.ended")


def test_recent_forgets_the_oldest() -> None:
    recent = Recent(2)
    assert [recent.add(name) for name in ("a", "b", "a", "c", "a")] == [True, True, False, True, True]
