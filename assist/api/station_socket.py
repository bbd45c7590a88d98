"""WS /api/station: the link to one agent's softphone. Reports inwards, commands outwards, each answered by a reply."""

from __future__ import annotations

import asyncio
import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from assist.api import messages
from assist.api.ports import FloorPort, StationVerb
from assist.api.sockets import Door, admit, receive_hello, receive_text, send_text, shut_out
from assist.security import Security, TokenError
from voice.clock import Clock
from voice.commands import Reply
from voice.events import new_identifier

REPLY_S = 5.0


class SocketStationLink:
    """A StationLink over one websocket."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[Reply]] = {}

    async def command(self, verb: StationVerb, leg_id: str = "", argument: str = "") -> Reply:
        """See ``StationLink``."""
        message = {"type": "command", "id": new_identifier(), "command": verb, "leg_id": leg_id, "argument": argument}
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[message["id"]] = waiting
        try:
            async with asyncio.timeout(REPLY_S):
                await send_text(self._socket, json.dumps(message))
                return await waiting
        except TimeoutError:
            return Reply(False, f"the station did not answer within {REPLY_S:.0f} s")
        except WebSocketDisconnect:
            return Reply(False, "the station is not connected")
        finally:
            del self._waiting[message["id"]]

    def replied(self, reply: messages.StationReply) -> None:
        """Hand an answer to whoever waits for it; a late one is ignored."""
        waiting = self._waiting.get(reply.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(Reply(reply.ok, reply.reason))

    def lost(self) -> None:
        """Answer everybody who waits that the station is gone."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(Reply(False, "the station is not connected"))

    async def replace(self) -> None:
        """Close the socket because the agent's station connected anew."""
        self.lost()
        await self._socket.close(messages.REPLACED, "this agent's station connected elsewhere")


class StationSocket:
    """Serves stations; of each agent the newest link counts."""

    def __init__(self, floor: FloorPort, security: Security, clock: Clock, door: Door) -> None:
        self._floor = floor
        self._door = door
        self._clock = clock
        self._security = security
        self._links: dict[str, SocketStationLink] = {}

    async def serve(self, socket: WebSocket) -> None:
        """Serve one socket until either side leaves."""
        await admit(socket, lambda: self._converse(socket), self._door)

    async def _converse(self, socket: WebSocket) -> None:
        hello = messages.station_hello(await receive_hello(socket))
        identity = await self._security.at_work(hello.token)
        if identity.user != hello.agent:
            raise TokenError(f"the token is not {hello.agent}'s")
        report = messages.station_report(hello.state)
        link = await self._link(socket, hello.agent)
        self._floor.station_connected(hello.agent, report, link)
        watching = asyncio.create_task(
            shut_out(socket, identity, self._security, self._clock, by_hand=False), name="shutting out"
        )
        try:
            await self._receive(socket, hello.agent, link)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _link(self, socket: WebSocket, agent: str) -> SocketStationLink:
        link, older = SocketStationLink(socket), self._links.get(agent)
        self._links[agent] = link
        if older is not None:
            await older.replace()
        return link

    async def _receive(self, socket: WebSocket, agent: str, link: SocketStationLink) -> None:
        try:
            while True:
                message = messages.station_message(await receive_text(socket))
                if isinstance(message, messages.StationReply):
                    link.replied(message)
                elif self._links.get(agent) is link:
                    self._floor.station_reported(agent, messages.station_report(message.state))
        finally:
            link.lost()
            if self._links.get(agent) is link:
                del self._links[agent]
                self._floor.station_disconnected(agent)
