"""The hub of ``local://``: a Unix socket where the processes of one machine meet (``callfloor serve`` runs it).

One JSON object a line. The hub never looks inside an event: it reads type, id and durability, and passes it on.
A durable event is written to the backlog of each named subscriber before its publisher is told ``stored``; it leaves
the backlog when that subscriber has ``handled`` it. At most ``WINDOW`` durable events are on their way to a named
subscriber at once, so a slow floor is never flooded. Live events to a client that does not read are dropped.

An event the subscriber does not survive must not be delivered for ever (see ``voice.bus.backlog``).
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voice.bus.backlog import Backlog
from voice.bus.base import Recent, matches
from voice.bus.spool import take_orphans

log = logging.getLogger(__name__)

ORPHAN_S = 0.25
"""After a client left, how long until its spool, if it left one, is delivered."""
MAX_LINE = 1 << 20
"""Bytes of one message."""
MAX_BUFFERED = 4 << 20
"""Bytes waiting for a client beyond which it gets no more live events."""

Message = dict[str, Any]


@dataclass(eq=False)
class _Client:
    writer: asyncio.StreamWriter
    source: str = "?"
    subscriptions: dict[int, tuple[tuple[str, ...], str | None]] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)

    def send(self, message: Message) -> None:
        if not self.writer.is_closing():
            self.writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    @property
    def slow(self) -> bool:
        return self.writer.transport.get_write_buffer_size() > MAX_BUFFERED


class Hub:
    """See the module docstring. ``directory`` holds the backlogs; ``durable`` names the subscribers they are for."""

    def __init__(self, directory: Path, durable: tuple[str, ...] = ("floor",)) -> None:
        self._backlogs = {name: Backlog(name, directory) for name in durable}
        self._spools = directory
        self._clients: set[_Client] = set()
        self._commands: dict[str, tuple[_Client, _Client]] = {}
        self._stored = Recent(100_000)
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()
        self._closing = False
        self.live_dropped = 0
        self._operations: dict[str, Callable[[_Client, Message], None]] = {
            "hello": self._hello,
            "subscribe": self._subscribe,
            "unsubscribe": lambda client, message: _forget(client.subscriptions, message["subscription"]),
            "serve": lambda client, message: client.addresses.add(message["address"]),
            "unserve": lambda client, message: client.addresses.discard(message["address"]),
            "event": self._event,
            "handled": self._handled,
            "command": self._command,
            "reply": self._reply,
        }

    @property
    def quarantined(self) -> int:
        """Events put aside because a subscriber kept dying of them."""
        return sum(backlog.quarantined for backlog in self._backlogs.values())

    async def start(self, listener: socket.socket) -> None:
        """Accept clients on a bound Unix socket."""
        self._server = await asyncio.start_unix_server(self._converse, sock=listener, limit=MAX_LINE)

    async def close(self) -> None:
        """Drop all clients; backlogs stay on disk."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.writer.close()
        await asyncio.gather(*self._conversations)
        if self._server is not None:
            await self._server.wait_closed()
        for backlog in self._backlogs.values():
            backlog.close()

    def adopt_orphans(self) -> int:
        """Deliver the durable events that ended processes left in their spools; returns how many."""
        return 0 if self._closing else take_orphans(self._spools, self._store_and_spread)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer)
        self._clients.add(client)
        if (task := asyncio.current_task()) is not None:
            self._conversations.add(task)
            task.add_done_callback(self._conversations.discard)
        try:
            while line := await reader.readline():
                message = json.loads(line)
                self._operations[message["op"]](client, message)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except (ValueError, KeyError, TypeError) as error:
            log.warning("client %s sent what is not a bus message (%r) and is dropped", client.source, error)
        finally:
            self._leave(client)
            writer.close()

    def _leave(self, client: _Client) -> None:
        self._clients.discard(client)
        for _, durable in client.subscriptions.values():
            if durable in self._backlogs and self._subscriber(durable) is None:
                self._backlogs[durable].lost()
        for identifier, (asker, server) in list(self._commands.items()):
            if server is client:
                self._answer(identifier, asker, "gone", f"{client.source} left before answering")
            elif asker is client:
                del self._commands[identifier]
        if not self._closing:
            # A killed process leaves its spool behind; its lock goes with its last descriptor, a moment after this one.
            asyncio.get_running_loop().call_later(ORPHAN_S, self.adopt_orphans)

    def _hello(self, client: _Client, message: Message) -> None:
        client.source = message["source"]
        client.addresses.update(message["addresses"])
        for subscription in message["subscriptions"]:
            self._subscribe(client, subscription)
        client.send({"op": "welcome"})

    def _subscribe(self, client: _Client, message: Message) -> None:
        durable = message["durable"]
        client.subscriptions[message["subscription"]] = (tuple(message["types"]), durable)
        if durable in self._backlogs:
            self._backlogs[durable].lost()
            self._feed(durable)

    def _event(self, client: _Client, message: Message) -> None:
        event = message["event"]
        if message["durable"]:
            self._store_and_spread(event)
            client.send({"op": "stored", "id": event["id"]})
        else:
            self._spread(event, live=True)

    def _store_and_spread(self, event: Message) -> None:
        if not self._stored.add(event["id"]):
            return
        for backlog in self._backlogs.values():
            backlog.add(event)
        self._spread(event, live=False)
        for name in self._backlogs:
            self._feed(name)

    def _spread(self, event: Message, *, live: bool) -> None:
        """To subscriptions without a name (and live events to all)."""
        for client in self._clients:
            for number, (types, durable) in client.subscriptions.items():
                if (live or durable is None) and matches(types, event["type"]):
                    if client.slow:
                        self.live_dropped += 1
                    else:
                        client.send({"op": "event", "subscription": number, "event": event})

    def _feed(self, name: str) -> None:
        """Send a named subscriber what it has not got yet, within the window."""
        target = self._subscriber(name)
        if target is None:
            return
        client, number, types = target
        for event in self._backlogs[name].next(types):
            client.send({"op": "event", "subscription": number, "event": event})

    def _subscriber(self, name: str) -> tuple[_Client, int, tuple[str, ...]] | None:
        """The client that is the named subscriber, its subscription's number and types."""
        for client in self._clients:
            for number, (types, durable) in client.subscriptions.items():
                if durable == name:
                    return client, number, types
        return None

    def _handled(self, client: _Client, message: Message) -> None:
        backlog = self._backlogs[message["durable"]]
        backlog.handled(message["id"])
        if backlog.unsent:
            self._feed(message["durable"])

    def _command(self, client: _Client, message: Message) -> None:
        server = next((other for other in self._clients if message["address"] in other.addresses), None)
        if server is None:
            self._answer(message["id"], client, "no_such_address", f"nobody serves {message['address']}")
            return
        self._commands[message["id"]] = (client, server)
        server.send(message)

    def _reply(self, client: _Client, message: Message) -> None:
        asker, _ = self._commands.pop(message["id"], (None, None))
        if asker is not None:
            asker.send(message)

    def _answer(self, identifier: str, asker: _Client, failure: str, reason: str) -> None:
        self._commands.pop(identifier, None)
        asker.send({"op": "reply", "id": identifier, "ok": False, "failure": failure, "reason": reason})


def _forget(subscriptions: dict[int, tuple[tuple[str, ...], str | None]], number: int) -> None:
    subscriptions.pop(number, None)
