"""Who is decoded next when there are more streams than threads: start-time fair queueing (Goyal, Vin and Cheng 1996).

Each stream carries a virtual time that grows with what its decoding cost. The stream with the lowest one is served
next, so a client that sends faster than speech only uses what the others leave over, and delays another by one batch
at most. How far streams that bring speech as it is spoken are behind is the measure of overload.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

PARTIALS_UNTIL_S = 1.0
ADMIT_UNTIL_S = 3.0
REMEMBER_S = 5.0
AHEAD_S = 0.5


@dataclass(eq=False)
class Stream:
    """One stream's account. ``virtual_s``: decoding seconds used, counted from when it last had to catch up."""

    virtual_s: float = 0.0


@dataclass(order=True)
class _Waiting(Generic[Job]):
    start: float
    used: float
    order: int
    stream: Stream = field(compare=False)
    job: Job = field(compare=False)


class FairQueue(Generic[Job]):
    """Pure: jobs of streams in, the next job out. A stream has one job in the queue at most (its caller waits)."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting[Job]] = []
        self._order = itertools.count()
        self._now = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, stream: Stream, job: Job) -> None:
        """Queue the next job of ``stream``. One that was idle does not get the time it did not use."""
        used, start = stream.virtual_s, max(stream.virtual_s, self._now)
        stream.virtual_s = start
        # Among equals, whoever was idle goes first.
        heapq.heappush(self._waiting, _Waiting(start, used, next(self._order), stream, job))

    def pop(self) -> tuple[Stream, Job]:
        """The job to do now. IndexError if none waits."""
        entry = heapq.heappop(self._waiting)
        self._now = max(self._now, entry.start)
        return entry.stream, entry.job

    def drain(self) -> list[Job]:
        """Every job that waits; the queue is then empty."""
        jobs = [entry.job for entry in self._waiting]
        self._waiting.clear()
        return jobs

    @staticmethod
    def charge(stream: Stream, cost_s: float) -> None:
        """A job of ``stream`` is done and took ``cost_s``."""
        stream.virtual_s += cost_s


class Pace:
    """Pure: whether a stream brings speech as it is spoken (0.5 s ahead at most), or a file as fast as it can."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._received_s = 0.0

    def received(self, now_s: float, audio_s: float) -> None:
        """``audio_s`` seconds of sound came at ``now_s``."""
        if self._began_s is None:
            self._began_s = now_s
        self._received_s += audio_s

    def is_live(self, now_s: float) -> bool:
        """A stream that is ahead of time is late by its own doing."""
        return self._began_s is not None and self._received_s <= now_s - self._began_s + AHEAD_S


class Overload:
    """Pure: from how far live streams are behind, what is given up. Finals never are.

    First partials (``partials``), then new streams (``admits``); everything returns 5 s after the worst is over.
    """

    def __init__(self) -> None:
        self._worst_s = 0.0
        self._until = 0.0

    def behind(self, now_s: float, lag_s: float) -> None:
        """A live stream's decoding is this far behind what has been received."""
        if lag_s >= self.lag_s(now_s):
            self._worst_s, self._until = lag_s, now_s + REMEMBER_S

    def lag_s(self, now_s: float) -> float:
        """The worst of the last 5 s."""
        return self._worst_s if now_s < self._until else 0.0

    def partials(self, now_s: float) -> bool:
        """Whether there is time for partials."""
        return self.lag_s(now_s) < PARTIALS_UNTIL_S

    def admits(self, now_s: float) -> bool:
        """Whether another stream may begin."""
        return self.lag_s(now_s) < ADMIT_UNTIL_S


@dataclass(frozen=True)
class _Job:
    call: Callable[[], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class DecodePool:
    """Threads that do streams' jobs in fair order. ``decode_s``: seconds of CPU they used; ``overload``: fed by whoever
    knows how late a stream is.
    """

    def __init__(self, threads: int) -> None:
        self._queue: FairQueue[_Job] = FairQueue()
        self._lock = threading.Lock()
        self._idle: list[threading.Semaphore] = []
        self._closing = False
        self.overload = Overload()
        self.decode_s = 0.0
        self._threads = [threading.Thread(target=self._work, name=f"decode-{number}") for number in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Jobs no thread has begun."""
        return len(self._queue)

    async def run(self, stream: Stream, call: Callable[[], Result]) -> Result:
        """What ``call`` returns or raises on one of the threads. Cancelled: a job not begun is not done; one that has
        begun goes on to its end, and its result is dropped. RuntimeError after ``close``.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        with self._lock:
            if self._closing:
                raise RuntimeError("the decoding threads are closed")
            self._queue.push(stream, _Job(call, future, loop))
            if self._idle:
                # The thread that worked last: its core still holds the model.
                self._idle.pop().release()
        return await future

    def charge(self, stream: Stream, cost_s: float) -> None:
        """A job of ``stream`` used this much CPU beside its thread, in a process of its own."""
        with self._lock:
            self._queue.charge(stream, cost_s)
            self.decode_s += cost_s

    def close(self) -> None:
        """End the threads when their current jobs are done; jobs not begun are cancelled."""
        with self._lock:
            self._closing = True
            dropped = self._queue.drain()
            for wake in self._idle:
                wake.release()
        for job in dropped:
            job.loop.call_soon_threadsafe(job.future.cancel)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        wake = threading.Semaphore(0)
        while (taken := self._take(wake)) is not None:
            stream, job = taken
            began = time.thread_time()
            if not job.future.cancelled():
                self._perform(job)
            cost = time.thread_time() - began
            with self._lock:
                self._queue.charge(stream, cost)
                self.decode_s += cost

    def _take(self, wake: threading.Semaphore) -> tuple[Stream, _Job] | None:
        """The next job, as soon as there is one; None when the pool closes."""
        while True:
            with self._lock:
                if self._closing:
                    return None
                if self._queue:
                    return self._queue.pop()
                self._idle.append(wake)
            wake.acquire()

    @staticmethod
    def _perform(job: _Job) -> None:
        try:
            result = job.call()
        except Exception as error:  # noqa: BLE001 - thread edge: whoever awaits the job gets the exception
            _settle(job, job.future.set_exception, error)
        else:
            _settle(job, job.future.set_result, result)


def _settle(job: _Job, settle: Callable[[Any], None], value: Any) -> None:
    def on_loop() -> None:
        if not job.future.done():
            settle(value)

    try:
        job.loop.call_soon_threadsafe(on_loop)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
