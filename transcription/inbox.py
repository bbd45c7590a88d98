"""A connection's messages, until the other side is gone, has been idle for too long, or the server closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.typing import Data

from transcription.wire import CloseCode


class Inbox:
    """Messages by ``next``, for one reading task.

    ``idle_s``: after this long without a message while the reader waits for one (and ``expecting`` says that something
    should come) the connection is given up.
    """

    def __init__(self, socket: ServerConnection, idle_s: float, expecting: Callable[[], bool] = lambda: True) -> None:
        self._socket = socket
        self._idle_s = idle_s
        self._expecting = expecting
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._waiting: asyncio.Task[object] | None = None
        self._timer = self._loop.call_later(idle_s, self._look)
        self._code: CloseCode | None = None

    @property
    def ended(self) -> CloseCode | None:
        """Why there are no more messages."""
        return self._code

    async def next(self) -> Data | None:
        """The next message; None after ``end`` or when the other side was idle. Raises ConnectionClosed."""
        if self._code is not None:
            return None
        self._waiting = task = asyncio.current_task()
        try:
            message = await self._socket.recv()
        except asyncio.CancelledError:
            # ``end`` cancels the waiting, not the task; if somebody cancelled the task as well, that counts.
            if self._interrupted(task):
                return None
            raise
        finally:
            self._waiting = None
        self._heard_at = self._loop.time()
        return message

    def end(self, code: CloseCode) -> None:
        """No more messages are taken; what has been taken stays taken."""
        if self._code is not None:
            return
        self._code = code
        self.close()
        if self._waiting is not None:
            self._waiting.cancel()

    def _interrupted(self, task: asyncio.Task[object] | None) -> bool:
        return self._code is not None and task is not None and task.uncancel() == 0

    def close(self) -> None:
        """Watch no longer."""
        self._timer.cancel()

    def _look(self) -> None:
        """Runs once per ``idle_s``, whatever the traffic: a message only notes its time."""
        left = self._heard_at + self._idle_s - self._loop.time()
        if left <= 0 and self._waiting is not None and self._expecting():
            self.end(CloseCode.IDLE)
        else:
            self._timer = self._loop.call_later(left if left > 0 else self._idle_s, self._look)
