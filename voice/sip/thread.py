"""The command thread: the one thread that calls into pjsua2, and the one crossing between it and asyncio."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class CommandThread:
    """Carries out work one after another, in the order it was given.

    The queue holds what callers await (bounded by them) and what PJSIP reports of at most four calls; digits are the
    only report a stranger can flood, and the engine drops those when ``backlog`` grows.
    """

    def __init__(self, name: str) -> None:
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is queued. From any thread; does not wait."""
        self._inbox.put(None)

    def join(self, timeout_s: float) -> None:
        """Wait for the end. Blocks: not for the asyncio loop unless ``stop`` has nearly run."""
        self._thread.join(timeout_s)

    @property
    def backlog(self) -> int:
        """Pieces of work waiting."""
        return self._inbox.qsize()

    def post(self, work: Callable[[], None]) -> None:
        """Queue ``work`` from any thread, native ones included; never blocks."""
        self._inbox.put(work)

    async def run(self, work: Callable[[], T]) -> T:
        """Carry out ``work`` on the thread and return or raise what it did. Cancelling does not undo it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def carry_out() -> None:
            try:
                value = work()
            except Exception as error:  # noqa: BLE001 - thread edge: whatever it is belongs to the caller
                # A traceback keeps frames, frames keep native calls, and a call collected late ends a new one.
                error.__context__ = None
                deliver(loop, _fail, done, error.with_traceback(None))
            else:
                deliver(loop, _succeed, done, value)

        self._inbox.put(carry_out)
        return await done

    def _work(self) -> None:
        while (work := self._inbox.get()) is not None:
            try:
                work()
            except Exception:  # thread edge: one bad report must not end the phone
                log.exception("the command thread met a bug")
            del work  # it may hold a native call


def deliver(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *values: object) -> bool:
    """Have ``loop`` call ``call``; False where the loop is gone, which only happens when the process is ending."""
    try:
        loop.call_soon_threadsafe(call, *values)
    except RuntimeError:
        return False
    return True


def _succeed(done: asyncio.Future[T], value: T) -> None:
    if not done.done():
        done.set_result(value)


def _fail(done: asyncio.Future[T], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
