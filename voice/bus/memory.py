"""``memory://``: the bus within one process. A ``MemoryHub`` is what its ``MemoryBus`` members have in common."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from voice.bus.base import BusStatistics, CommandServer, Handler, Subscription, matches
from voice.clock import Clock
from voice.commands import Command
from voice.errors import BusClosedError, CommandRefusedError, CommandTimeoutError, NoSuchAddressError
from voice.events import Envelope, EnvelopeFactory, Event, new_identifier


class MemoryHub:
    """Members, and what waits for each named subscriber."""

    def __init__(self, durable: tuple[str, ...] = ("floor",), limit: int = 100_000) -> None:
        self.members: list[MemoryBus] = []
        self.waiting: dict[str, deque[Envelope]] = {name: deque(maxlen=limit) for name in durable}

    def spread(self, envelope: Envelope) -> None:
        """To every subscription that wants it; durable ones also wait for their named subscribers."""
        if envelope.event.durable:
            for queue in self.waiting.values():
                queue.append(envelope)
        for member in self.members:
            member.receive(envelope)

    def settle(self, name: str, identifier: str) -> None:
        """A named subscriber has handled an event."""
        queue = self.waiting[name]
        self.waiting[name] = deque((kept for kept in queue if kept.id != identifier), maxlen=queue.maxlen)


class MemoryBus:
    """A member of a MemoryHub; see ``voice.bus.base.Bus``."""

    def __init__(self, hub: MemoryHub, source: str, clock: Clock) -> None:
        self.source = source
        self.statistics = BusStatistics()
        self._hub = hub
        self._envelopes = EnvelopeFactory(source, clock)
        self._subscriptions: list[Subscription] = []
        self._commands = CommandServer()
        self._callbacks: list[Callable[[], None]] = []
        self._closed = False

    async def start(self) -> None:
        """Join."""
        self._hub.members.append(self)
        for callback in self._callbacks:
            callback()

    async def connected(self) -> None:
        """At once: the hub is in this process."""

    def publish(self, event: Event, *, contact_id: str | None = None, cause_id: str | None = None) -> Envelope:
        """See Bus."""
        if self._closed:
            raise BusClosedError("the bus is closed")
        envelope = self._envelopes.wrap(event, contact_id, cause_id)
        self.statistics.published += 1
        self._hub.spread(envelope)
        return envelope

    def receive(self, envelope: Envelope) -> None:
        """Called by the hub."""
        for subscription in self._subscriptions:
            if matches(subscription.types, envelope.event.type):
                subscription.deliver(envelope)

    def subscribe(self, *types: str, durable: str | None = None, limit: int = 1000) -> Subscription:
        """See Bus."""
        subscription = Subscription(
            types, durable, limit,
            on_handled=lambda identifier: self._hub.settle(durable or "", identifier),
            on_close=self._subscriptions.remove,
            statistics=self.statistics,
        )  # fmt: skip
        self._subscriptions.append(subscription)
        for envelope in self._hub.waiting.get(durable or "", ()):
            if matches(types, envelope.event.type):
                subscription.deliver(envelope)
        return subscription

    def serve(self, address: str, handler: Handler) -> None:
        """See Bus."""
        self._commands.add(address, handler)

    def unserve(self, address: str) -> None:
        """See Bus."""
        self._commands.remove(address)

    async def request(self, address: str, command: Command, *, timeout_s: float = 5.0) -> None:
        """See Bus."""
        if self._closed:
            raise BusClosedError("the bus is closed")
        for member in self._hub.members:
            if address in member._commands.addresses:
                break
        else:
            raise NoSuchAddressError(f"nobody serves {address}")
        try:
            async with asyncio.timeout(timeout_s):
                reply = await member._commands.run(address, new_identifier(), command)
        except TimeoutError:
            raise CommandTimeoutError(f"{address} did not answer {command.type} within {timeout_s} s") from None
        if not reply.ok:
            raise CommandRefusedError(reply.reason)

    def on_connected(self, callback: Callable[[], None]) -> None:
        """See Bus."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Leave."""
        if self._closed:
            return
        self._closed = True
        if self in self._hub.members:
            self._hub.members.remove(self)
        for subscription in list(self._subscriptions):
            subscription.close()
        await self._commands.close()
