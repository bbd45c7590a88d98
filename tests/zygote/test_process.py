"""The real zygote with pure-Python workers, and the front's client of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from voice.clock import SystemClock
from voice.front.pool import Report, WorkerEnded, WorkerEntry, WorkerReady, WorkersListed, ZygoteClient
from voice.zygote import ids_begin

pytestmark = pytest.mark.live


class Watcher:
    """A front's view of the zygote."""

    def __init__(self, path: Path) -> None:
        self.reports: asyncio.Queue[Report] = asyncio.Queue()
        self.client = ZygoteClient(path, SystemClock(), self.reports.put_nowait)
        self._seen: set[str] = set()

    async def ready(self) -> WorkerEntry:
        """The next worker that was not ready before, by its own report or by the list."""
        async with asyncio.timeout(20):
            while True:
                report = await self.reports.get()
                if isinstance(report, WorkerReady):
                    entries = [WorkerEntry(id=report.id, port=report.port, state="idle")]
                else:
                    entries = list(report.workers) if isinstance(report, WorkersListed) else []
                for entry in entries:
                    if entry.id not in self._seen:
                        self._seen.add(entry.id)
                        return entry

    async def ended(self) -> WorkerEnded:
        async with asyncio.timeout(20):
            while not isinstance(report := await self.reports.get(), WorkerEnded):
                pass
            return report

    async def listed(self, *, some: bool) -> tuple[WorkerEntry, ...]:
        """The next list with ``some`` workers, or with none."""
        async with asyncio.timeout(20):
            while not isinstance(report := await self.reports.get(), WorkersListed) or bool(report.workers) != some:
                pass
            return report.workers


@contextlib.asynccontextmanager
async def watching(path: Path) -> AsyncIterator[Watcher]:
    watcher = Watcher(path)
    task = asyncio.create_task(watcher.client.run())
    try:
        yield watcher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def zygote(
    directory: Path, worker: str, warm: int = 1, most: int = 2
) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = directory / "settings.toml"
    settings.write_text("[rtp]\nfirst_port = 31000\nports_per_worker = 20\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voice.zygote", "--listen", str(directory / "z.sock"), "--worker", worker),
        *("--warm", str(warm), "--max", str(most), "--settings", str(settings)),
        *("--run-dir", str(directory), "--front-inner", "127.0.0.1:5099"),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await process.communicate()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextlib.asynccontextmanager
async def gone(pid: int) -> AsyncIterator[None]:
    """On leaving, wait for a process that is not our child to have ended."""
    descriptor = os.pidfd_open(pid)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        yield
        async with asyncio.timeout(20):
            await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def test_assign_refill_slots_and_a_clean_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with zygote(tmp_path, "tests.zygote.workers:idle") as process, watching(tmp_path / "z.sock") as watcher:
            first = await watcher.ready()
            assert first.id == f"{ids_begin('127.0.0.1')}{process.pid}x1"
            watcher.client.assign(first.id)
            second = await watcher.ready()
            async with watching(tmp_path / "z.sock") as restarted:
                listed = await restarted.listed(some=True)
            assert {(entry.id, entry.state) for entry in listed} == {(first.id, "busy"), (second.id, "idle")}
            given = [(tmp_path / f"{worker.id}.txt").read_text().split() for worker in (first, second)]
            pids = [int(words.pop()) for words in given]
            # slot, RTP ports, the front; and of all the zygote's sockets a worker keeps only its own
            assert given == [["0", "31000", "20", "1", "127.0.0.1:5099"], ["1", "31020", "20", "1", "127.0.0.1:5099"]]
            os.kill(pids[0], signal.SIGKILL)
            ended = await watcher.ended()
            assert (ended.id, ended.reason) == (first.id, "signal 9")
            assert (tmp_path / f"{first.id}.assigned").read_bytes() == b"a"
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await process.wait() == 0
            assert not alive(pids[1])
            assert not (tmp_path / "z.sock").exists()
            assert await watcher.listed(some=False) == ()

    asyncio.run(main())


def test_a_busy_worker_that_leaves_makes_room_below_the_cap(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            zygote(tmp_path, "tests.zygote.workers:leaves_when_assigned", warm=1, most=1),
            watching(tmp_path / "z.sock") as watcher,
        ):
            for _ in range(3):
                worker = await watcher.ready()
                assert worker.port == 4000  # slot 0 again: the one before it was reaped
                watcher.client.assign(worker.id)
                assert await watcher.ended() == WorkerEnded(type="ended", id=worker.id, reason="exit 3")

    asyncio.run(main())


def test_a_worker_that_hangs_is_killed_and_an_end_nobody_heard_is_told_to_the_next_front(tmp_path: Path) -> None:
    async def main() -> None:
        async with zygote(tmp_path, "tests.zygote.workers:hangs", warm=1, most=1) as process:
            async with watching(tmp_path / "z.sock") as watcher:
                first = await watcher.ready()
                assert (await watcher.ended()).reason == "its heart stopped"
                second = await watcher.ready()
                assert second.id != first.id
            assert process.stderr is not None
            async with asyncio.timeout(20):
                for _ in range(2):
                    line = await process.stderr.readline()
            assert second.id.encode() in line  # it is being killed while no front is there
            async with watching(tmp_path / "z.sock") as later:
                assert (await later.ended()).id == second.id
                await later.ready()

    asyncio.run(main())


def test_workers_die_with_a_killed_zygote(tmp_path: Path) -> None:
    async def main() -> None:
        async with zygote(tmp_path, "tests.zygote.workers:idle") as process, watching(tmp_path / "z.sock") as watcher:
            worker = await watcher.ready()
            pid = int((tmp_path / f"{worker.id}.txt").read_text().split()[-1])
            async with gone(pid):
                process.kill()
            assert await watcher.listed(some=False) == ()  # connection refused: nobody is left

    asyncio.run(main())


def test_a_worker_that_crashes_at_once_slows_the_zygote_down(tmp_path: Path) -> None:
    async def main() -> None:
        async with zygote(tmp_path, "tests.zygote.workers:crashes") as process:
            assert process.stderr is not None
            pauses: list[str] = []
            async with asyncio.timeout(20):
                while len(pauses) < 3:
                    line = (await process.stderr.readline()).decode()
                    if "next in" in line:
                        assert "exit 70" in line
                        pauses.append(line.split("next in ")[1].split()[0])
            assert pauses == ["0.1", "0.2", "0.4"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("worker", "most", "status", "says"),
    [
        ("tests.zygote.threaded:work", 2, 70, "2 threads are running"),
        ("tests.zygote.workers:idle", 2000, 2, "too many ports"),
    ],
)
def test_what_it_refuses_to_start_with(tmp_path: Path, worker: str, most: int, status: int, says: str) -> None:
    async def main() -> None:
        async with zygote(tmp_path, worker, most=most) as process:
            async with asyncio.timeout(20):
                _, errors = await process.communicate()
            assert process.returncode == status
            assert says in errors.decode()
            assert "Traceback" not in errors.decode()

    asyncio.run(main())
