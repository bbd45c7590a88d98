"""WS /api/feed: one agent's page. Hello with token, then the feed outwards and commands inwards.

A ``beat`` every 5 s lets the page notice a line that died without a word: browsers do not show it the pings.
"""

from __future__ import annotations

import asyncio
import json
import logging

from starlette.websockets import WebSocket, WebSocketDisconnect

from assist.api import messages
from assist.api.ports import FloorPort
from assist.api.sockets import (
    Door,
    NotAllowedError,
    admit,
    closing_reason,
    receive_hello,
    receive_text,
    send_text,
    shut_out,
)
from assist.feed import Feed, FeedConnection, HopelessConsumerError
from assist.limits import RateLimit
from assist.security import Identity, Security
from voice.clock import Clock
from voice.commands import Reply
from voice.errors import CallfloorError
from voice.events import new_identifier

BEAT_S = 5.0
COMMANDS_PER_S = 20.0
COMMANDS_AT_ONCE = 100.0
"""More than hands can do; a page that asks for more is read no faster."""

log = logging.getLogger(__name__)


class FeedSocket:
    """Serves pages; a supervisor's may read along on an agent's desk. Commands of one socket are carried out one after
    the other, in the order they came.
    """

    def __init__(self, floor: FloorPort, feed: Feed, security: Security, clock: Clock, door: Door) -> None:
        self._floor = floor
        self._feed = feed
        self._security = security
        self._clock = clock
        self._door = door

    async def serve(self, socket: WebSocket) -> None:
        """Serve one socket until either side leaves."""
        if (begun := await admit(socket, lambda: self._connect(socket), self._door)) is not None:
            await self._run(socket, *begun)

    async def _connect(self, socket: WebSocket) -> tuple[Identity, FeedConnection]:
        hello = messages.feed_hello(await receive_hello(socket))
        identity = await self._security.at_work(hello.token)
        desk = hello.desk or identity.user
        if desk != identity.user and (why_not := self._floor.watch_desk(identity.user, desk)):
            raise NotAllowedError(why_not)
        return identity, self._feed.connect(desk, hello.resume_from)

    async def _run(self, socket: WebSocket, identity: Identity, connection: FeedConnection) -> None:
        own = connection.agent == identity.user
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._welcome(socket, identity, connection.resumed)
                tasks.create_task(self._send(socket, connection), name=f"feed to {identity.user}")
                tasks.create_task(self._beat(socket), name=f"beat to {identity.user}")
                tasks.create_task(shut_out(socket, identity, self._security, self._clock), name="shutting out")
                await self._receive(socket, identity.user, connection, own)
        except* WebSocketDisconnect:
            pass
        except* messages.MalformedMessageError as group:
            await socket.close(messages.MALFORMED, closing_reason(group.exceptions[0]))
        finally:
            connection.close()

    async def _welcome(self, socket: WebSocket, identity: Identity, resumed: bool) -> None:
        welcome = {
            "type": "welcome",
            "id": new_identifier(),
            "at": self._clock.wall(),
            "data": {"user": identity.user, "name": identity.name, "schema": messages.SCHEMA, "resumed": resumed},
        }
        await send_text(socket, json.dumps(welcome))

    async def _send(self, socket: WebSocket, connection: FeedConnection) -> None:
        try:
            async for message in connection:
                await send_text(socket, message.wire())
        except HopelessConsumerError as error:
            log.warning("feed of %s closed: %s", connection.agent, error)
            await socket.close(messages.TOO_SLOW, closing_reason(error))
        except WebSocketDisconnect:
            pass  # not raised: a command being carried out is finished first, then receiving ends by itself

    async def _beat(self, socket: WebSocket) -> None:
        while True:
            await self._clock.sleep(BEAT_S)
            try:
                await send_text(socket, json.dumps({"type": "beat", "at": self._clock.wall()}))
            except WebSocketDisconnect:
                return

    async def _receive(self, socket: WebSocket, agent: str, connection: FeedConnection, own: bool) -> None:
        pace = RateLimit(self._clock, COMMANDS_PER_S, COMMANDS_AT_ONCE)
        while True:
            message = messages.page_message(await receive_text(socket))
            if isinstance(message, messages.AckMessage):
                connection.acknowledge(message.seq)
                continue
            while wait := pace.wait_s(""):
                await self._clock.sleep(wait)
            reply = await self._carry_out(agent, message) if own else Reply(False, "this is another's desk")
            answer = {"type": "reply", "id": message.id, "ok": reply.ok, "reason": reply.reason}
            await send_text(socket, json.dumps(answer))

    async def _carry_out(self, agent: str, message: messages.CommandMessage) -> Reply:
        try:
            command = messages.agent_command(message)
        except messages.UnknownCommandError as error:
            return Reply(False, str(error))
        try:
            return await self._floor.command(agent, command)
        except CallfloorError as error:
            return Reply(False, str(error))
