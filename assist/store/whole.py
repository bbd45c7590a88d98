"""Database work that is cancelled is finished first: the driver's thread must not outlive the one who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def whole(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let ``work`` run to its end even when its caller is cancelled, then raise the cancellation.

    aiosqlite runs SQL in a thread; abandoning a statement half-way would leave a connection nobody may use and a thread
    that reports to a loop already closed. A transaction takes milliseconds, a busy time-out at most.
    """

    @wraps(work)
    async def finished(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.ensure_future(work(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                try:
                    await asyncio.wait({task})
                except asyncio.CancelledError:
                    continue  # asked twice; the first is raised below
            if not task.cancelled():
                task.exception()  # whoever would have been told is gone
            raise

    return finished
