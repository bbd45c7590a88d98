"""What a call costs the front: ``python -m bench.front [--seconds 60] [--only PART ...]``; one JSON line per part.

sipp (Debian: sip-tester) makes real calls, INVITE→200→ACK→BYE, from a trunk's address.

- ``stub50``, ``stub100``: our front before workers that only answer (``bench.answering``), 50 and 100 calls/s.
- ``kamailio50``, ``kamailio100``: Kamailio with our configuration before the same stub, beside it.
- ``workers``: ``callfloor serve`` with contact workers, 10 calls/s; a 503 is a failure.
- ``start``: milliseconds from a worker's getting its contact to the next one's being ready, with the CPU the new one
  has used by then and how long its threads could have run and had no core.
- ``kill``: milliseconds from the SIGKILL of a worker in mid-call to each side's BYE.

Set-up is INVITE→200 as sipp sees it, its own clock and scheduling included; CPU is that of the proxy's processes.
Budgets: front CPU <= 3 ms a call, set-up p95 <= 20 ms at 50 calls/s, no failures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil

from assist.serve import House
from bench import kill
from bench.figures import spread
from tests.fakes.kamailio import kamailio, own_address
from tests.scenarios.theatre import FLOW
from voice.clock import SystemClock
from voice.front.kamailio import KamailioSettings
from voice.front.pool import Report, WorkerReady, WorkersListed, ZygoteClient
from voice.settings import FrontSettings, read_settings

SCENARIO = Path(__file__).parent.parent / "tests" / "front" / "sipp" / "call.xml"
CALLER, FRONT = "127.0.0.2", "127.0.0.3"
POOL, WARM = 200, 4
CPU_MS, SETUP_P95_MS = 3.0, 20.0

Result = dict[str, object]


async def load(address: tuple[str, int], rate: int, seconds: int, directory: Path, pids: list[int]) -> Result:
    """``rate`` calls a second for ``seconds``; ``pids`` are the processes whose CPU is counted."""
    calls = rate * seconds
    before = _cpu_s(pids)
    process = await asyncio.create_subprocess_exec(
        *("sipp", "{}:{}".format(*address), "-sf", str(SCENARIO), "-i", CALLER, "-r", str(rate), "-m", str(calls)),
        *("-nostdin", "-trace_rtt", "-rtt_freq", "1", "-trace_stat", "-fd", "1", "-timeout", f"{seconds + 20}"),
        cwd=directory,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    code = await process.wait()
    cpu_ms = 1000 * (_cpu_s(pids) - before)
    with next(directory.glob(f"*_{process.pid}_rtt.csv")).open() as file:
        times = [float(row["response_time_ms"]) for row in csv.DictReader(file, delimiter=";")]
    with next(directory.glob(f"*_{process.pid}_.csv")).open() as file:
        stats = list(csv.DictReader(file, delimiter=";"))[-1]
    return {
        "rate": rate,
        "calls": int(stats["SuccessfulCall(C)"]),
        "failed": int(stats["FailedCall(C)"]),
        "retransmissions": int(stats["Retransmissions(C)"]),
        "sipp": code,
        "setup_ms": spread(times),
        "cpu_ms_per_call": round(cpu_ms / calls, 2),
    }


def _cpu_s(pids: list[int]) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


@contextlib.asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[str]]]:
    """A Python program that says when it is ready: the process and the words it said."""
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            said = (await process.stdout.readline()).decode().split()
        yield process, said
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def stub(rate: int, seconds: int, directory: Path) -> Result:
    """Our front, a pool that only answers."""
    zygote, settings = directory / "z.sock", directory / "settings.toml"
    settings.write_text(
        f'[run]\nstate_dir = "{directory}/state"\n[front]\nhost = "{FRONT}"\nport = 0\nmax_contacts = {POOL}\n'
        f'calls_per_s = 1000\n[[trunk]]\nname = "sipp"\nnetworks = ["{CALLER}/32"]\ncalls_per_s = 1000\n'
    )
    front = ("-m", "voice.front", "--settings", str(settings), "--zygote", str(zygote))
    async with contextlib.AsyncExitStack() as stack:
        await _enter(stack, started("-m", "bench.answering", "--zygote", str(zygote), "--workers", str(POOL)))
        process, said = await _enter(stack, started(*front))
        host, port = said[2].split(":")
        return await load((host, int(port)), rate, seconds, directory, [process.pid])


async def beside(rate: int, seconds: int, directory: Path) -> Result:
    """Kamailio, the same stub."""
    async with contextlib.AsyncExitStack() as stack:
        _, said = await _enter(stack, started("-m", "bench.answering"))
        settings = KamailioSettings(
            host=own_address(), fronts=(f"127.0.0.1:{said[1]}",), trunks=(f"{CALLER}/32",), children=2
        )
        address = await _enter(stack, kamailio(settings, FrontSettings(), ()))
        main = next(child for child in psutil.Process().children() if child.name() == "kamailio")
        pids = [main.pid, *(child.pid for child in main.children(recursive=True))]
        return await load(address, rate, seconds, directory, pids)


def _house_settings(directory: Path) -> Path:
    settings = directory / "settings.toml"
    settings.write_text(
        f'[run]\nstate_dir = "{directory}/state"\n[front]\nhost = "{FRONT}"\nport = 0\nmax_contacts = 60\n'
        f'warm_workers = {WARM}\ntrunks = ["{CALLER}/32"]\n[rtp]\nhost = "{FRONT}"\n'
        "[transcription]\nport = 0\n[web]\nport = 0\n"
        f"[ivr]\nflow = {json.dumps(str(FLOW))}\n"
    )
    return settings


async def workers(rate: int, seconds: int, directory: Path) -> Result:
    """A whole house: each call is a contact, from the flow's first prompt to the store."""
    settings = _house_settings(directory)
    async with House(read_settings(settings, {}), settings, SystemClock(), {}) as house:
        await house.ready()
        result = await load(house.addresses.sip, rate, seconds, directory, [house.pids["front"]])
        return result | {"zygote_cpu_ms_per_call": _with_reaped(house.pids["zygote"], rate * seconds)}


def _with_reaped(pid: int, calls: int) -> float:
    """CPU of the zygote and all the workers it has reaped."""
    times = psutil.Process(pid).cpu_times()
    return round(1000 * (times.user + times.system + times.children_user + times.children_system) / calls, 1)


async def start(times: int, directory: Path) -> Result:
    """From the moment a worker gets its contact to the moment the next one, forked then, is ready for another."""
    settings = _house_settings(directory)
    reports: asyncio.Queue[Report] = asyncio.Queue()
    async with House(read_settings(settings, {}), settings, SystemClock(), {}) as house:
        await house.ready()
        zygote = ZygoteClient(house.where.zygote, SystemClock(), reports.put_nowait)
        listening = asyncio.create_task(zygote.run())
        idle: list[str] = []
        times_ms, cpu_ms, waited_ms = list[float](), list[float](), list[float]()
        async with asyncio.timeout(60):
            while len(idle) < WARM:
                idle += [worker for worker in _idle(await reports.get()) if worker not in idle]
            while len(times_ms) < times:
                asked = time.monotonic()
                zygote.assign(idle.pop(0))
                while not isinstance(report := await reports.get(), WorkerReady):
                    pass
                times_ms.append(1000 * (time.monotonic() - asked))
                used, waited = _threads_ms(report.pid)
                cpu_ms.append(used)
                waited_ms.append(waited)
                idle.append(report.id)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return {"times": times, "start_ms": spread(times_ms), "cpu_ms": spread(cpu_ms), "waited_ms": spread(waited_ms)}


def _threads_ms(pid: int) -> tuple[float, float]:
    """CPU a process that has just begun has used, and its wait for a core: /proc counts a thread's nanoseconds, a
    process's only in ticks.
    """
    threads = [thread.read_text().split() for thread in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(used) for used, _, _ in threads) / 1e6, sum(int(waited) for _, waited, _ in threads) / 1e6


def _idle(report: Report) -> list[str]:
    if isinstance(report, WorkersListed):
        return [entry.id for entry in report.workers if entry.state == "idle"]
    return [report.id] if isinstance(report, WorkerReady) else []


async def killed(times: int) -> Result:
    """As ``bench.kill``."""
    return await kill.measure(times)


async def _enter(stack: contextlib.AsyncExitStack, context: Any) -> Any:
    return await stack.enter_async_context(context)


Part = Callable[[int, Path], Coroutine[Any, Any, Result]]
PARTS: dict[str, Part] = {
    "stub50": lambda seconds, directory: stub(50, seconds, directory),
    "stub100": lambda seconds, directory: stub(100, seconds, directory),
    "kamailio50": lambda seconds, directory: beside(50, seconds, directory),
    "kamailio100": lambda seconds, directory: beside(100, seconds, directory),
    "workers": lambda seconds, directory: workers(10, seconds, directory),
    "start": lambda seconds, directory: start(20, directory),
    "kill": lambda seconds, directory: killed(3),
}


def _within(part: str, result: Result) -> bool:
    if part == "stub50":
        setup = result["setup_ms"]
        assert isinstance(setup, dict)
        slow = setup["p95"] is None or setup["p95"] > SETUP_P95_MS
        if slow or float(str(result["cpu_ms_per_call"])) > CPU_MS:
            return False
    return not result.get("failed")


def main() -> int:
    """Exit status 1 where a budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.front", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    good = True
    for part in given.only:
        with tempfile.TemporaryDirectory(prefix="front-") as directory:
            result = asyncio.run(PARTS[part](given.seconds, Path(directory)))
        good &= _within(part, result)
        load_average = round(os.getloadavg()[0], 1)
        print(json.dumps({"bench": "front", "part": part, **result, "machine_load": load_average}), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
