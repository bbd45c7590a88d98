"""What every bus promises; ``voice.bus.memory`` and ``voice.bus.local`` pass the same contract suite.

Two promises. *Live* events (``Event.durable`` False: partials, levels) are delivered at most once: they are dropped,
and counted, when a reader is slow or away. *Durable* events are delivered at least once to each **named** subscriber
(``durable="floor"``), spooled to disk while the other side is away; a subscription hides repeats by their id.
An envelope counts as handled when the reader asks for the next one, or, read in batches, when the reader says so: one
that dies before gets it again.

A command goes to exactly one address, carries an id and a deadline, and is answered by a Reply; a repeated id is
answered from memory without running the handler again. Audio never rides the bus.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from voice.commands import Command, Reply
from voice.events import Envelope, Event

log = logging.getLogger(__name__)

Handler = Callable[[Command], Awaitable[Reply]]

BATCH = 64
REMEMBERED = 4096
"""Ids and replies each side remembers, to hide repeats."""


@dataclass
class BusStatistics:
    """Counters of one bus connection since it was made."""

    published: int = 0
    delivered: int = 0
    live_dropped: int = 0
    repeats_hidden: int = 0
    unknown_types: int = 0


class Bus(Protocol):
    """One process's (or component's) place on the bus. All methods belong to one asyncio loop."""

    source: str
    """Names this connection in the envelopes it publishes; unique."""
    statistics: BusStatistics

    async def start(self) -> None:
        """Begin to connect; returns at once (publishing works before the connection stands)."""

    async def connected(self) -> None:
        """Wait until the bus can be reached."""

    def publish(self, event: Event, *, contact_id: str | None = None, cause_id: str | None = None) -> Envelope:
        """Send an event. Never blocks: live events may be dropped, durable ones wait on disk. Raises BusClosedError."""

    def subscribe(self, *types: str, durable: str | None = None, limit: int = 1000) -> Subscription:
        """Receive events of these types (``contact.ended``, ``contact.*``, ``*``); ``durable``: see the module text."""

    def serve(self, address: str, handler: Handler) -> None:
        """Answer the commands sent to ``address``."""

    def unserve(self, address: str) -> None:
        """Stop answering."""

    async def request(self, address: str, command: Command, *, timeout_s: float = 5.0) -> None:
        """Send a command and wait for it to be carried out.

        Raises CommandRefusedError, NoSuchAddressError, CommandTimeoutError, BusClosedError.
        """

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` on every (re)connection: the moment to send a full snapshot."""

    async def close(self) -> None:
        """Leave the bus; subscriptions end."""


def matches(patterns: tuple[str, ...], name: str) -> bool:
    """Whether an event type is covered by one of the patterns."""
    return any(
        pattern in ("*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-1])) for pattern in patterns
    )


class Recent:
    """The last ``limit`` ids seen."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._seen: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._seen

    def add(self, identifier: str) -> bool:
        """Remember; False if it was known already."""
        if identifier in self._seen:
            return False
        self._seen[identifier] = None
        if len(self._seen) > self._limit:
            self._seen.popitem(last=False)
        return True


class Subscription:
    """A bounded queue of envelopes, read with ``async for``.

    When full, the oldest live event is dropped and counted; a named (durable) subscription is instead fed no faster
    than it reads, so its durable events are never dropped here.
    """

    def __init__(
        self,
        types: tuple[str, ...],
        durable: str | None,
        limit: int,
        *,
        on_handled: Callable[[str], None],
        on_close: Callable[[Subscription], None],
        statistics: BusStatistics,
    ) -> None:
        self.types = types
        self.durable = durable
        self.dropped = 0
        self._limit = limit
        self._queue: deque[Envelope] = deque()
        self._wake = asyncio.Event()
        self._seen = Recent()
        self._in_hand: list[Envelope] = []
        self._closed = False
        self._on_handled = on_handled
        self._on_close = on_close
        self._statistics = statistics

    def deliver(self, envelope: Envelope) -> None:
        """Called by the bus."""
        if self._closed:
            return
        if not self._seen.add(envelope.id):
            self._statistics.repeats_hidden += 1
            self._done(envelope)
            return
        if len(self._queue) >= self._limit:
            self._make_room()
        self._queue.append(envelope)
        self._statistics.delivered += 1
        self._wake.set()

    def _make_room(self) -> None:
        for index, waiting in enumerate(self._queue):
            if self.durable is None or not waiting.event.durable:
                del self._queue[index]
                self.dropped += 1
                self._statistics.live_dropped += 1
                return

    def _done(self, envelope: Envelope) -> None:
        if self.durable is not None and envelope.event.durable:
            self._on_handled(envelope.id)

    def __aiter__(self) -> AsyncIterator[Envelope]:
        return self

    async def __anext__(self) -> Envelope:
        """The next envelope; the one before counts as handled. Cancelling loses nothing."""
        self.settle(self._in_hand)
        self._in_hand = []
        self._in_hand = await self._take(1)
        if not self._in_hand:
            raise StopAsyncIteration
        return self._in_hand[0]

    async def batches(self, limit: int = BATCH) -> AsyncIterator[list[Envelope]]:
        """Instead of one by one: whatever waits, 1 to ``limit`` envelopes. They count as handled once ``settle`` has
        them, so that a reader may act on the next ones while these are still being written down.
        """
        while found := await self._take(limit):
            yield found

    def settle(self, envelopes: Iterable[Envelope]) -> None:
        """These, of a batch, are handled. Settle in the order in which they came."""
        for envelope in envelopes:
            self._done(envelope)

    async def _take(self, limit: int) -> list[Envelope]:
        """The next envelopes; none when the subscription was closed."""
        while not self._queue and not self._closed:
            self._wake.clear()
            await self._wake.wait()
        return [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]

    def close(self) -> None:
        """End the subscription; a reader waiting in ``async for`` leaves its loop."""
        if not self._closed:
            self._closed = True
            self._queue.clear()
            self._wake.set()
            self._on_close(self)


class CommandServer:
    """Runs handlers once per command id and remembers their replies."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._replies: OrderedDict[str, asyncio.Task[Reply]] = OrderedDict()

    @property
    def addresses(self) -> tuple[str, ...]:
        """What is served here."""
        return tuple(self._handlers)

    def add(self, address: str, handler: Handler) -> None:
        """Serve ``address``."""
        self._handlers[address] = handler

    def remove(self, address: str) -> None:
        """Serve it no longer."""
        self._handlers.pop(address, None)

    async def run(self, address: str, identifier: str, command: Command) -> Reply:
        """The reply to a command: from the handler, or remembered."""
        task = self._replies.get(identifier)
        if task is None:
            handler = self._handlers.get(address)
            if handler is None:
                return Reply(False, f"{address} is not served here any more")
            task = asyncio.ensure_future(_guarded(handler, command))
            self._replies[identifier] = task
            if len(self._replies) > REMEMBERED:
                self._replies.popitem(last=False)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Cancel what still runs."""
        running = [task for task in self._replies.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _guarded(handler: Handler, command: Command) -> Reply:
    try:
        return await handler(command)
    except Exception as error:
        log.exception("handler of %s failed", command.type)
        return Reply(False, f"{type(error).__name__}: {error}")
