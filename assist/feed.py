"""The feed: what the floor tells each agent's page, in order, over connections that come and go.

Each agent has a channel: a ``Desk``, a sequence and a ring of the last durable messages. A connection that names the
last ``seq`` it saw receives what it missed, without loss or duplicate, as long as the ring still holds it; otherwise
it receives the whole desk (type ``snapshot``) first. A message on the wire, as a JSON object:

    {"type": "card.shown", "id": "9f...", "contact_id": "c1", "seq": 1042, "at": 1700000000.0, "data": {...}}

``at`` is Unix seconds. Slow consumers: live messages (partials) of one key replace each other, are never resent and
are dropped (counted) when the queue is full; durable ones are never dropped: when the queue holds nothing else the
connection is hopeless and ends. A page that acknowledges (``{"type": "ack", "seq": 1042}``) is judged by what it has
really received, buffers of kernel and proxies included: as many durable messages as fit the queue may be on their way
unacknowledged. Live messages that say how something stands as a whole (``STANDING``) are not lost to who reconnects:
the last of each is told again. Everything here runs on one event loop and nothing blocks in ``publish``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assist.desk import HOLD_LIMIT_S, AgentLine, Desk
from assist.desk_events import FEED_EVENTS, QueuesChanged
from transcription.utterances import UtterancePartial
from voice.clock import Clock
from voice.errors import CallfloorError
from voice.events import Envelope, Event, EventCodec, new_identifier

RING = 2000
QUEUE = 500
STANDING = frozenset({QueuesChanged.type})
_CODEC = EventCodec(FEED_EVENTS)


class HopelessConsumerError(CallfloorError):
    """The connection's queue is full of durable messages; close it with 1013 and let it come back."""


class UnknownAgentError(CallfloorError):
    """Nobody of that name has a channel."""


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """One message of a channel. ``key``: None for durable ones; live ones of one key replace each other."""

    type: str
    id: str
    contact_id: str | None
    seq: int
    at: float
    data: Mapping[str, Any]
    key: str | None = None

    def wire(self) -> str:
        """The message as JSON text."""
        return json.dumps(
            {
                "type": self.type,
                "id": self.id,
                "contact_id": self.contact_id,
                "seq": self.seq,
                "at": self.at,
                "data": self.data,
            },
            separators=(",", ":"),
        )


class Outbox:
    """What waits for one connection, at most ``limit`` messages, in order of ``seq``. See the module docstring."""

    def __init__(self, limit: int = QUEUE) -> None:
        self._limit = limit
        self._waiting: OrderedDict[int | str, FeedMessage] = OrderedDict()
        self.coalesced = 0
        self.dropped_live = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: FeedMessage) -> None:
        """Queue a message. Raises HopelessConsumerError where only durable ones wait and there is no room."""
        if message.key is not None and self._waiting.pop(message.key, None) is not None:
            self.coalesced += 1
        if len(self._waiting) >= self._limit:
            self._make_room(message)
        if len(self._waiting) < self._limit:
            self._waiting[message.seq if message.key is None else message.key] = message

    def _make_room(self, message: FeedMessage) -> None:
        live = next((key for key in self._waiting if isinstance(key, str)), None)
        if live is not None:
            del self._waiting[live]
        elif message.key is None:
            raise HopelessConsumerError(f"{self._limit} messages wait and none may be dropped")
        self.dropped_live += 1

    def take(self) -> FeedMessage | None:
        """The oldest message, or None."""
        return self._waiting.popitem(last=False)[1] if self._waiting else None


class FeedConnection:
    """One page's end of a channel: iterate to receive. ``resumed`` is False where it began with a snapshot."""

    def __init__(self, agent: str, resumed: bool, limit: int, on_close: Callable[[FeedConnection], None]) -> None:
        self.agent = agent
        self.resumed = resumed
        self.outbox = Outbox(limit)
        self._on_close = on_close
        self._ready = asyncio.Event()
        self._error: HopelessConsumerError | None = None
        self._closed = False
        self._limit = limit
        self._acknowledged: int | None = None
        self._on_their_way: deque[int] = deque()

    @property
    def hopeless(self) -> bool:
        """Whether it ended because its consumer was too slow."""
        return self._error is not None

    def offer(self, message: FeedMessage) -> None:
        """Queue a message; where there is no room for it, end the connection instead."""
        try:
            self.outbox.put(message)
        except HopelessConsumerError as error:
            self._error = error
            self.close()
        self._ready.set()

    def acknowledge(self, seq: int) -> None:
        """The page has received everything up to ``seq``; an older word than the last changes nothing."""
        self._acknowledged = max(seq, self._acknowledged or 0)
        while self._on_their_way and self._on_their_way[0] <= self._acknowledged:
            self._on_their_way.popleft()

    @property
    def unacknowledged(self) -> int:
        """Durable messages handed out and not acknowledged; 0 for a page that never acknowledges."""
        return len(self._on_their_way) if self._acknowledged is not None else 0

    def close(self) -> None:
        """Leave the channel; iteration ends at once. Harmless twice."""
        self._closed = True
        self._ready.set()
        self._on_close(self)

    def __aiter__(self) -> AsyncIterator[FeedMessage]:
        return self

    async def __anext__(self) -> FeedMessage:
        """The next message. Raises HopelessConsumerError when the consumer was too slow. Cancelling loses nothing."""
        while not self._closed:
            if (message := self.outbox.take()) is not None:
                self._handed_out(message)
                return message
            self._ready.clear()
            await self._ready.wait()
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    def _handed_out(self, message: FeedMessage) -> None:
        if message.key is not None:
            return
        self._on_their_way.append(message.seq)
        if self.unacknowledged > self._limit:
            self._error = HopelessConsumerError(f"more than {self._limit} messages are not acknowledged")
            self.close()
        elif self._acknowledged is None and len(self._on_their_way) > self._limit:
            self._on_their_way.popleft()  # it may begin to acknowledge yet


class Channel:
    """One agent's sequence, ring and desk. Pure: ``record`` and ``missed`` touch no connection."""

    def __init__(self, desk: Desk, start: int, ring: int = RING) -> None:
        self.desk = desk
        self.seq = start
        self.connections: set[FeedConnection] = set()
        self._ring: deque[FeedMessage] = deque(maxlen=ring)
        self._standing: dict[str, FeedMessage] = {}
        self._forgotten = start

    def record(self, message: FeedMessage) -> None:
        """Remember a message as sent; durable ones can be resent while the ring holds them."""
        self.seq = message.seq
        if message.type in STANDING:
            self._standing[message.type] = message
        if message.key is not None:
            return
        if len(self._ring) == self._ring.maxlen:
            self._forgotten = self._ring[0].seq
        self._ring.append(message)

    def missed(self, resume_from: int | None) -> tuple[FeedMessage, ...] | None:
        """What is to be told to who has all up to ``resume_from``, or None where not all of it is known."""
        if resume_from is None or not self._forgotten <= resume_from <= self.seq:
            return None
        newer = itertools.takewhile(lambda message: message.seq > resume_from, reversed(self._ring))
        standing = (message for message in self._standing.values() if message.seq > resume_from)
        return tuple(sorted((*newer, *standing), key=lambda message: message.seq))


class Feed:
    """The channels of all agents.

    ``start``: where sequences begin; give something that grows over restarts (None: the wall clock in microseconds,
    which stays below JavaScript's 2**53 until the year 2255), so that a restarted floor never goes back.
    """

    def __init__(
        self, clock: Clock, *, start: int | None = None, ring: int = RING, queue: int = QUEUE,
        hold_limit_s: float = HOLD_LIMIT_S,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._hold_limit_s = hold_limit_s
        self._start = int(clock.wall() * 1e6) if start is None else start
        self._ring = ring
        self._queue = queue
        self._channels: dict[str, Channel] = {}
        self.hopeless = 0

    def add_agent(self, user: str, name: str) -> None:
        """Open an agent's channel. Harmless twice."""
        if user not in self._channels:
            desk = Desk(AgentLine(user, name), hold_limit_s=self._hold_limit_s)
            self._channels[user] = Channel(desk, self._start, self._ring)

    def agents(self) -> tuple[str, ...]:
        """Everybody who has a channel."""
        return tuple(self._channels)

    def desk(self, agent: str) -> Desk:
        """What the agent's page shows now. Raises UnknownAgentError."""
        return self._channel(agent).desk

    def publish(
        self, agent: str, event: Event, contact_id: str | None = None, *, at: float | None = None, event_id: str = ""
    ) -> int:
        """Tell an agent's pages; returns the message's ``seq``. ``at``: Unix seconds, now where None.

        Raises UnknownAgentError, and UnknownTypeError for an event that is not one of ``FEED_EVENTS``.
        """
        channel = self._channel(agent)
        at = self._clock.wall() if at is None else at
        seq = channel.seq + 1
        wire = _CODEC.encode(Envelope(event_id or new_identifier(), at, agent, seq, event, contact_id))
        message = FeedMessage(event.type, wire["id"], contact_id, seq, at, wire["data"], _live_key(event))
        channel.desk = channel.desk.apply(event, contact_id, at)
        channel.record(message)
        for connection in tuple(channel.connections):
            connection.offer(message)
        return seq

    def publish_all(self, event: Event) -> None:
        """Tell everybody (services that went up or down)."""
        for agent in self._channels:
            self.publish(agent, event)

    def connect(self, agent: str, resume_from: int | None) -> FeedConnection:
        """A new connection, from after ``resume_from`` or from a snapshot. Raises UnknownAgentError. Close it."""
        channel = self._channel(agent)
        missed = channel.missed(resume_from)
        if missed is not None and len(missed) >= self._queue:
            missed = None  # a snapshot is shorter than what was missed
        connection = FeedConnection(agent, missed is not None, self._queue, self._leave)
        channel.connections.add(connection)
        for message in missed if missed is not None else (self._snapshot(channel),):
            connection.offer(message)
        return connection

    def connections(self, agent: str) -> int:
        """How many pages the agent has open."""
        return len(self._channel(agent).connections)

    def _snapshot(self, channel: Channel) -> FeedMessage:
        contact = channel.desk.contact
        return FeedMessage(
            "snapshot", new_identifier(), contact.id if contact else None, channel.seq, self._clock.wall(),
            channel.desk.snapshot(),
        )  # fmt: skip

    def _leave(self, connection: FeedConnection) -> None:
        connections = self._channel(connection.agent).connections
        if connection in connections and connection.hopeless:
            self.hopeless += 1
        connections.discard(connection)

    def _channel(self, agent: str) -> Channel:
        try:
            return self._channels[agent]
        except KeyError:
            raise UnknownAgentError(f"agent {agent!r} has no channel") from None


def _live_key(event: Event) -> str | None:
    if event.durable:
        return None
    return f"{event.type}:{event.utterance_id}" if isinstance(event, UtterancePartial) else event.type
