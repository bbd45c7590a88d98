from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from transcription.scheduling import ADMIT_UNTIL_S, PARTIALS_UNTIL_S, DecodePool, FairQueue, Overload, Pace, Stream

BATCH_S = 0.1


class Machine:
    """One thread in virtual time. ``live`` streams bring a batch every 100 ms; a flood always has another one."""

    def __init__(self, live: int, cost_s: float, *, flooding: int = 0, flood_cost_s: float = 0.0) -> None:
        self._queue: FairQueue[tuple[str, float, float]] = FairQueue()
        self._live = [Stream() for _ in range(live)]
        self._floods = [Stream() for _ in range(flooding)]
        self._cost_s, self._flood_cost_s = cost_s, flood_cost_s
        self.waits: list[float] = []
        self.flooded = 0

    def run(self, seconds: float) -> None:
        now, due = 0.0, [(BATCH_S * n / max(1, len(self._live)), n) for n in range(len(self._live))]
        pending: dict[int, list[float]] = {n: [] for n in range(len(self._live))}
        for stream in self._floods:
            self._queue.push(stream, ("flood", 0.0, self._flood_cost_s))
        queued: set[int] = set()
        while now < seconds:
            for index, (at, number) in enumerate(due):
                while at <= now:
                    pending[number].append(at)
                    at += BATCH_S
                due[index] = (at, number)
            for number, waiting in pending.items():
                if waiting and number not in queued:
                    queued.add(number)
                    self._queue.push(self._live[number], (f"{number}", waiting.pop(0), self._cost_s))
            if not self._queue:
                now = min(at for at, _ in due)
                continue
            stream, (name, since, cost) = self._queue.pop()
            if name != "flood":
                self.waits.append(now - since)
                queued.discard(int(name))
            now += cost
            self._queue.charge(stream, cost)
            if name == "flood":
                self.flooded += 1
                self._queue.push(stream, (name, now, cost))


def test_a_flood_delays_nobody_by_more_than_one_batch() -> None:
    quiet = Machine(live=5, cost_s=0.01)
    quiet.run(60)
    flooded = Machine(live=5, cost_s=0.01, flooding=3, flood_cost_s=0.05)
    flooded.run(60)
    settled = flooded.waits[50:]  # all begin at once, the floods first
    assert max(settled) <= max(quiet.waits) + 0.05 + 5 * 0.01 + 1e-9
    assert flooded.flooded > 500, "what the others leave is the flood's"
    assert len(flooded.waits) == len(quiet.waits)


def test_first_come_first_served_would_fail_that_test() -> None:
    """The same machine without accounts: nothing is charged, so order of arrival decides."""
    machine = Machine(live=5, cost_s=0.01, flooding=30, flood_cost_s=0.05)
    machine._queue.charge = lambda stream, cost_s: None  # type: ignore[method-assign]
    machine.run(60)
    assert max(machine.waits) > 1.0


def test_streams_that_share_an_overloaded_machine_run_equally_late() -> None:
    machine = Machine(live=4, cost_s=0.05)
    machine.run(30)
    last = machine.waits[-4:]
    assert max(last) > 5
    assert max(last) - min(last) < 0.3


def test_an_idle_stream_saves_up_nothing() -> None:
    queue: FairQueue[str] = FairQueue()
    busy, late = Stream(), Stream()
    for _ in range(100):
        queue.push(busy, "busy")
        queue.pop()
        queue.charge(busy, 1.0)
    queue.push(late, "late 1")
    queue.pop()
    queue.charge(late, 1.0)
    queue.push(busy, "busy")
    queue.push(late, "late 2")
    order = [queue.pop()[1], queue.pop()[1]]
    assert "busy" in order
    assert late.virtual_s >= 99


def test_overload_gives_up_partials_then_new_streams_and_takes_them_back() -> None:
    overload = Overload()
    assert overload.partials(0)
    assert overload.admits(0)
    overload.behind(10, PARTIALS_UNTIL_S)
    assert not overload.partials(10)
    assert overload.admits(10)
    overload.behind(11, ADMIT_UNTIL_S)
    overload.behind(12, 0.01)
    assert not overload.admits(15.9)
    assert overload.lag_s(15.9) == ADMIT_UNTIL_S
    assert overload.partials(16)
    assert overload.admits(16)


def test_speech_as_it_is_spoken_is_live_and_a_file_is_not() -> None:
    spoken, file, resumed = Pace(), Pace(), Pace()
    assert not spoken.is_live(0)
    for tick in range(100):
        spoken.received(tick / 10, 0.1)
        file.received(tick / 10, 1.0)
        resumed.received(tick / 10, 5.0 if tick == 0 else 0.1)
    assert spoken.is_live(9.9)
    assert not file.is_live(9.9)
    assert not resumed.is_live(5)
    assert resumed.is_live(14.5), "it has caught up with time"


def test_the_pool_gives_results_and_exceptions_and_counts_what_it_cost() -> None:
    def fail() -> None:
        raise ValueError("bad")

    async def main() -> None:
        with contextlib.closing(DecodePool(2)) as pool:
            assert await pool.run(Stream(), lambda: sum(range(100_000))) == 4999950000
            with pytest.raises(ValueError, match="bad"):
                await pool.run(Stream(), fail)
            await pool.run(Stream(), lambda: None)
            assert pool.decode_s > 0
        with pytest.raises(RuntimeError):
            await pool.run(Stream(), fail)

    asyncio.run(main())


def test_what_a_job_cost_in_another_process_counts_against_its_stream() -> None:
    pool, stream = DecodePool(1), Stream()
    try:
        pool.charge(stream, 2.5)
        assert (stream.virtual_s, pool.decode_s) == (2.5, 2.5)
    finally:
        pool.close()


def test_closing_ends_what_runs_and_cancels_what_waits() -> None:
    begun, gate, done = threading.Event(), threading.Event(), []

    def hold() -> None:
        begun.set()
        gate.wait(10)
        done.append("held")

    async def main() -> None:
        pool = DecodePool(1)
        running = asyncio.create_task(pool.run(Stream(), hold))
        await asyncio.to_thread(begun.wait, 10)
        waiting = asyncio.create_task(pool.run(Stream(), lambda: done.append("never")))
        await asyncio.sleep(0)
        assert pool.waiting == 1
        closing = asyncio.create_task(asyncio.to_thread(pool.close))
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.set()
        await closing
        await running

    asyncio.run(main())
    assert done == ["held"]


def test_a_cancelled_job_that_has_not_begun_is_not_done() -> None:
    begun, gate, done = threading.Event(), threading.Event(), []

    def hold() -> None:
        begun.set()
        gate.wait(10)

    async def main() -> None:
        pool = DecodePool(1)
        first = asyncio.create_task(pool.run(Stream(), hold))
        await asyncio.to_thread(begun.wait, 10)
        second = asyncio.create_task(pool.run(Stream(), lambda: done.append("never")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait({second})
        gate.set()
        await first
        await asyncio.to_thread(pool.close)

    asyncio.run(main())
    assert done == []
