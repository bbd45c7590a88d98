"""How many live calls this machine transcribes, and whether that holds: ``python -m bench.load`` prints one JSON line.

Load: the same two-leg calls as in bench.capacity, in real time and in 100 ms messages, by the contact protocol, to a
fresh server process. More and more of them, until the 95th percentile of the final latency passes one second. Latency
counts from when the last word's end was sent to when its final came; half a second is the end-pointer's. The clients
run on the same machine.

Soak (``--soak MINUTES``): a fixed number of lines, each making one call after another; the server's resident memory and
descriptors are noted every few seconds. Constant means: in the last third the median of the memory is at most 5 % above
that of the second third, and no more descriptors are open when all have hung up than before the first rang.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bench.capacity import CONTACT, Call, Pacer, serving
from bench.dialogue import RATE, call
from transcription import wire
from transcription.evaluation import percentile
from transcription.models import DEMO_MODEL

TALK = (0.25, 0.30)
BUDGET_S = 1.0
POOL = 6
GROWTH = 1.05
MIB = 1024 * 1024


@dataclass
class Heard:
    """What came of calls. ``latencies``: seconds, of finals with words; ``refused``: calls that were turned away."""

    latencies: list[float] = field(default_factory=list)
    partials: int = 0
    refused: int = 0
    lateness: float = 0.0


async def converse(address: str, legs: Call, pacer: Pacer, name: str, heard: Heard) -> None:
    """One call from hello to finished, added to ``heard``."""
    specs = tuple(wire.ChannelSpec(channel=n, party=party, rate=RATE) for n, party in enumerate(("caller", "agent")))
    loop = asyncio.get_running_loop()
    async with connect(address, compression=None, ping_interval=None) as socket:
        await socket.send(wire.encode(wire.Hello(contact_id=name, channels=specs)))

        async def speak() -> None:
            async for offset, batches in pacer.batches(legs):
                for channel, pcm in enumerate(batches):
                    await socket.send(wire.pack_audio(channel, offset, pcm))
            await socket.send(wire.encode(wire.Finish()))

        speaking = asyncio.create_task(speak())
        try:
            async for text in socket:
                _note(json.loads(text), loop.time(), pacer, heard)
            await speaking
        except ConnectionClosed as closed:
            speaking.cancel()
            if closed.rcvd is None or closed.rcvd.code != wire.CloseCode.OVER_CAPACITY:
                raise
        if socket.close_code == wire.CloseCode.OVER_CAPACITY:
            heard.refused += 1


def _note(message: dict[str, Any], now_s: float, pacer: Pacer, heard: Heard) -> None:
    if message["type"] == "partial":
        heard.partials += 1
    elif message["type"] == "final" and message["utterance"]["words"]:
        heard.latencies.append(now_s - pacer.sent_at(message["utterance"]["words"][-1]["end_s"]))
        heard.lateness = max(heard.lateness, message["utterance"]["lateness_s"])


async def load(calls: int, seconds: float, pool: Sequence[Call]) -> dict[str, Any]:
    """That many calls at once on a fresh server."""
    heard = Heard()
    async with serving(CONTACT) as (address, process):
        idle = process.memory_info().rss
        before = process.cpu_times()
        talking = asyncio.gather(
            *(converse(address, pool[n % len(pool)], Pacer(n / calls, 1.0), f"load-{n}", heard) for n in range(calls))
        )
        await asyncio.sleep(seconds * 0.9)
        busy = process.memory_info().rss
        await talking
        after = process.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    return {
        "calls": calls,
        "finals": len(heard.latencies),
        "final_p50_s": _rounded(percentile(heard.latencies, 50)),
        "final_p95_s": _rounded(percentile(heard.latencies, 95)),
        "worst_lateness_s": round(heard.lateness, 2),
        "partials": heard.partials,
        "refused": heard.refused,
        "server_cores": round(cpu_s / seconds, 2),
        "mib_per_stream": round((busy - idle) / MIB / (2 * calls), 2),
    }


def within(step: dict[str, Any]) -> bool:
    """Whether finals came in time, and to everybody."""
    return step["final_p95_s"] is not None and step["final_p95_s"] < BUDGET_S and not step["refused"]


async def most(steps: Sequence[int], seconds: float) -> dict[str, Any]:
    """One load after another until the budget is missed."""
    pool = [call(seconds, TALK, seed) for seed in range(POOL)]
    taken: list[dict[str, Any]] = []
    for calls in steps:
        taken.append(await load(calls, seconds, pool))
        print(json.dumps(taken[-1]), file=sys.stderr, flush=True)
        if not within(taken[-1]):
            break
    good = [step["calls"] for step in taken if within(step)]
    return {"budget_s": BUDGET_S, "calls_within_budget": max(good, default=0), "steps": taken}


async def soak(calls: int, minutes: float, seconds: float, speed: float = 1.0) -> dict[str, Any]:
    """``calls`` lines for ``minutes``, each making calls of ``seconds``."""
    pool = [call(seconds, TALK, seed) for seed in range(POOL)]
    heard, made = Heard(), 0
    async with serving(CONTACT) as (address, process):
        await converse(address, pool[0], Pacer(0, max(speed, 10.0)), "warm", Heard())
        before = await _descriptors(process)
        loop = asyncio.get_running_loop()
        end = loop.time() + 60 * minutes

        async def line(number: int) -> None:
            nonlocal made
            while loop.time() < end:
                name = f"soak-{number}-{made}"
                await converse(address, pool[made % POOL], Pacer(number / calls, speed), name, heard)
                made += 1

        lines = asyncio.gather(*(line(number) for number in range(calls)))
        samples = await _watch(process, lines, max(0.25, 60 * minutes / 240))
        await lines
        after = await _descriptors(process)
    third = len(samples) // 3
    second, last = median(samples[third : 2 * third]), median(samples[2 * third :])
    return {
        "calls_at_once": calls,
        "calls": made - heard.refused,
        "refused": heard.refused,
        "minutes": minutes,
        "finals": len(heard.latencies),
        "final_p95_s": _rounded(percentile(heard.latencies, 95)),
        "rss_mib": [round(value / MIB, 1) for value in (samples[0], second, last)],
        "descriptors": [before, after],
        "constant": last <= GROWTH * second and after <= before,
    }


async def _descriptors(process: psutil.Process) -> int:
    """Open ones, after the server has had a second to take leave of whoever hung up last."""
    await asyncio.sleep(1.0)
    return process.num_fds()


async def _watch(process: psutil.Process, running: asyncio.Future[Any], every_s: float) -> list[int]:
    """Resident memory, now and then, until ``running`` is done."""
    samples = []
    while not running.done():
        samples.append(process.memory_info().rss)
        await asyncio.wait([running], timeout=every_s)
    return samples


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def main() -> int:
    """Exit status 1 where a soak was not constant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[10, 20, 40, 60, 80, 100, 120, 160, 200])
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each call")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="instead: the first of --calls, for so long")
    options = parser.parse_args()
    if options.soak:
        result = asyncio.run(soak(options.calls[0], options.soak, options.seconds))
    else:
        result = asyncio.run(most(options.calls, options.seconds))
    print(json.dumps({"bench": "load", "model": DEMO_MODEL, "seconds": options.seconds, **result}))
    return 1 if result.get("constant") is False else 0


if __name__ == "__main__":
    sys.exit(main())
