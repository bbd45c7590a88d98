"""``local://PATH``: the bus between the processes of one machine, through the hub's Unix socket.

The process never waits for the hub: durable events are spooled to disk until the hub has stored them, live events
are dropped while it is away, and the connection is made again with back-off. The last few live events before the first
connection wait for it: a contact's worker begins to speak and to connect in the same moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voice.bus.base import BusStatistics, CommandServer, Handler, Subscription
from voice.bus.hub import MAX_BUFFERED, MAX_LINE
from voice.bus.spool import Spool
from voice.clock import Clock
from voice.commands import Command, CommandCodec, Reply
from voice.errors import BusClosedError, CommandRefusedError, CommandTimeoutError, NoSuchAddressError
from voice.events import Envelope, EnvelopeFactory, Event, EventCodec, MalformedError, UnknownTypeError, new_identifier

log = logging.getLogger(__name__)

FIRST_RETRY_S = 0.05
LAST_RETRY_S = 1.0
FLUSH_S = 1.0
EARLY = 32
"""Live events that wait for the first connection."""


class LocalBus:
    """A client of the hub; see ``voice.bus.base.Bus``. ``source`` gets this process's id appended, to be unique."""

    def __init__(
        self, path: Path, source: str, clock: Clock, events: EventCodec, commands: CommandCodec, spool_dir: Path
    ) -> None:
        self.source = f"{source}-{os.getpid()}"
        self.statistics = BusStatistics()
        self._path = path
        self._clock = clock
        self._events = events
        self._command_codec = commands
        self._envelopes = EnvelopeFactory(self.source, clock)
        self._spool = Spool(spool_dir / f"{self.source}-{new_identifier()[:8]}.jsonl")
        self._early: deque[dict[str, Any]] | None = deque(maxlen=EARLY)  # None once there was a connection
        self._subscriptions: dict[int, Subscription] = {}
        self._numbers = itertools.count(1)
        self._commands = CommandServer()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._callbacks: list[Callable[[], None]] = []
        self._unknown: set[str] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._all_stored = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Connect in the background, again and again until ``close``."""
        self._runner = asyncio.create_task(self._run())

    async def connected(self) -> None:
        """Wait until the hub has welcomed us."""
        await self._connected.wait()

    def publish(self, event: Event, *, contact_id: str | None = None, cause_id: str | None = None) -> Envelope:
        """See Bus."""
        if self._closed:
            raise BusClosedError("the bus is closed")
        envelope = self._envelopes.wrap(event, contact_id, cause_id)
        message = self._events.encode(envelope)
        self.statistics.published += 1
        if event.durable:
            self._spool.add(message)
        if not event.durable and self._early is not None:
            self.statistics.live_dropped += len(self._early) == EARLY
            self._early.append(message)
        elif not event.durable and (self._writer is None or self._is_slow(self._writer)):
            self.statistics.live_dropped += 1
        else:
            self._send({"op": "event", "durable": event.durable, "event": message})
        return envelope

    def subscribe(self, *types: str, durable: str | None = None, limit: int = 1000) -> Subscription:
        """See Bus."""
        number = next(self._numbers)
        subscription = Subscription(
            types, durable, limit,
            on_handled=lambda identifier: self._send({"op": "handled", "durable": durable, "id": identifier}),
            on_close=lambda _: self._unsubscribe(number),
            statistics=self.statistics,
        )  # fmt: skip
        self._subscriptions[number] = subscription
        self._send({"op": "subscribe", **self._description(number)})
        return subscription

    def serve(self, address: str, handler: Handler) -> None:
        """See Bus."""
        self._commands.add(address, handler)
        self._send({"op": "serve", "address": address})

    def unserve(self, address: str) -> None:
        """See Bus."""
        self._commands.remove(address)
        self._send({"op": "unserve", "address": address})

    async def request(self, address: str, command: Command, *, timeout_s: float = 5.0) -> None:
        """See Bus."""
        if self._closed:
            raise BusClosedError("the bus is closed")
        identifier = new_identifier()
        answer = self._waiting[identifier] = asyncio.get_running_loop().create_future()
        body = self._command_codec.encode(command)
        try:
            async with asyncio.timeout(timeout_s):
                await self._connected.wait()
                self._send({"op": "command", "id": identifier, "address": address, **body})
                reply = await answer
        except TimeoutError:
            raise CommandTimeoutError(f"{address} did not answer {command.type} within {timeout_s} s") from None
        finally:
            del self._waiting[identifier]
        if reply.get("failure"):
            raise NoSuchAddressError(reply["reason"])
        if not reply["ok"]:
            raise CommandRefusedError(reply["reason"])

    def on_connected(self, callback: Callable[[], None]) -> None:
        """See Bus."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Leave. What the hub has not stored stays in the spool file for ``Hub.adopt_orphans``."""
        if self._closed:
            return
        await self._flush()
        self._closed = True
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        for subscription in list(self._subscriptions.values()):
            subscription.close()
        await self._commands.close()
        for future in self._waiting.values():
            future.cancel()
        self._spool.close()

    async def _flush(self) -> None:
        """Give the hub a moment to store what was just published; what it does not store stays in the spool."""
        if self._connected.is_set() and len(self._spool):
            self._all_stored.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_S):
                    await self._all_stored.wait()

    async def _run(self) -> None:
        delay = FIRST_RETRY_S
        while True:
            try:
                await self._converse()
                delay = FIRST_RETRY_S
            except OSError:
                delay = min(delay * 2, LAST_RETRY_S)
            await self._clock.sleep(delay)

    async def _converse(self) -> None:
        """One connection, until the hub goes away."""
        reader, writer = await asyncio.open_unix_connection(self._path, limit=MAX_LINE)
        try:
            self._greet(writer)
            await self._listen(reader)
        finally:
            self._writer = None
            self._connected.clear()
            writer.close()

    def _greet(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._send(
            {
                "op": "hello",
                "source": self.source,
                "subscriptions": [self._description(number) for number in self._subscriptions],
                "addresses": list(self._commands.addresses),
            }
        )
        waiting = [(message["seq"], True, message) for message in self._spool.messages()]
        waiting += [(message["seq"], False, message) for message in self._early or ()]
        self._early = None
        for _, durable, message in sorted(waiting):
            self._send({"op": "event", "durable": durable, "event": message})

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            match message["op"]:
                case "welcome":
                    self._connected.set()
                    for callback in self._callbacks:
                        callback()
                case "event":
                    self._deliver(message)
                case "stored":
                    self._spool.settle(message["id"])
                    if not len(self._spool):
                        self._all_stored.set()
                case "command":
                    task = asyncio.create_task(self._run_command(message))
                    self._handlers.add(task)
                    task.add_done_callback(self._handlers.discard)
                case "reply":
                    future = self._waiting.get(message["id"])
                    if future is not None and not future.done():
                        future.set_result(message)

    def _deliver(self, message: dict[str, Any]) -> None:
        subscription = self._subscriptions.get(message["subscription"])
        if subscription is None:
            return
        try:
            subscription.deliver(self._events.decode(message["event"]))
        except (UnknownTypeError, MalformedError) as error:
            self.statistics.unknown_types += 1
            name = str(message["event"].get("type"))
            if name not in self._unknown:
                self._unknown.add(name)
                log.warning("ignoring events: %s", error)
            if subscription.durable is not None:
                self._send({"op": "handled", "durable": subscription.durable, "id": message["event"]["id"]})

    async def _run_command(self, message: dict[str, Any]) -> None:
        try:
            command = self._command_codec.decode(message["type"], message["data"])
        except (UnknownTypeError, MalformedError) as error:
            reply = Reply(False, str(error))
        else:
            reply = await self._commands.run(message["address"], message["id"], command)
        self._send({"op": "reply", "id": message["id"], "ok": reply.ok, "reason": reply.reason})

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    @staticmethod
    def _is_slow(writer: asyncio.StreamWriter) -> bool:
        return writer.transport.get_write_buffer_size() > MAX_BUFFERED

    def _unsubscribe(self, number: int) -> None:
        self._subscriptions.pop(number, None)
        self._send({"op": "unsubscribe", "subscription": number})

    def _description(self, number: int) -> dict[str, Any]:
        subscription = self._subscriptions[number]
        return {"subscription": number, "types": list(subscription.types), "durable": subscription.durable}
