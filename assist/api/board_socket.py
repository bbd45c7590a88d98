"""WS /api/board: a supervisor's board. Hello with token, then rows outwards (``assist.board``); nothing comes inwards.

A message carries every row that changed since the one before; there are at most four a second. Commands go by the feed.
"""

from __future__ import annotations

import asyncio
import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from assist.api import messages
from assist.api.ports import FloorPort
from assist.api.sockets import Door, NotAllowedError, admit, receive_hello, receive_text, send_text, shut_out
from assist.board.view import BoardView, wire
from assist.security import Identity, Security
from voice.clock import Clock

PACE_S = 0.25
"""Between two messages: people read no faster, and what changes meanwhile is told together."""
BEAT_S = 5.0


class BoardSocket:
    """Serves boards."""

    def __init__(self, floor: FloorPort, security: Security, clock: Clock, door: Door) -> None:
        self._floor = floor
        self._door = door
        self._security = security
        self._clock = clock

    async def serve(self, socket: WebSocket) -> None:
        """Serve one socket until either side leaves."""
        if (identity := await admit(socket, lambda: self._supervisor(socket), self._door)) is not None:
            await self._run(socket, identity)

    async def _supervisor(self, socket: WebSocket) -> Identity:
        hello = messages.feed_hello(await receive_hello(socket))
        identity = await self._security.at_work(hello.token)
        if identity.role != "supervisor":
            raise NotAllowedError("the board is for supervisors")
        return identity

    async def _run(self, socket: WebSocket, identity: Identity) -> None:
        view = self._floor.open_board(identity.user)
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._welcome(socket, identity)
                sending = tasks.create_task(self._send(socket, view), name=f"board to {identity.user}")
                beating = tasks.create_task(self._beat(socket), name=f"beat to {identity.user}")
                watching = tasks.create_task(
                    shut_out(socket, identity, self._security, self._clock), name="shutting out"
                )
                await _until_left(socket)
                for task in (sending, beating, watching):
                    task.cancel()
        except* WebSocketDisconnect:
            pass
        finally:
            view.close()

    async def _welcome(self, socket: WebSocket, identity: Identity) -> None:
        data = {"user": identity.user, "name": identity.name, "schema": messages.SCHEMA}
        await send_text(socket, json.dumps({"type": "welcome", "at": self._clock.wall(), "data": data}))

    async def _send(self, socket: WebSocket, view: BoardView) -> None:
        while True:
            await view.wait()
            await send_text(socket, wire(view.take()))
            await self._clock.sleep(PACE_S)

    async def _beat(self, socket: WebSocket) -> None:
        while True:
            await self._clock.sleep(BEAT_S)
            await send_text(socket, json.dumps({"type": "beat", "at": self._clock.wall()}))


async def _until_left(socket: WebSocket) -> None:
    """Whatever a page says here is read and ignored."""
    try:
        while True:
            await receive_text(socket)
    except (WebSocketDisconnect, messages.MalformedMessageError):
        return
