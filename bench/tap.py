"""What hearing a call costs: ``python -m bench.tap [--seconds 20]`` prints one JSON line.

A bridge process joins two callers (processes of their own, PCMU on loopback) and is measured alone: CPU as a share of
one core without taps, with two taps in 100 ms batches copied by pointer, and with the same taps copied by ``bytes()``;
the gaps between one tap's frames; the time one frame's copy takes.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import itertools
import json
import math
import os
import sys
import time
from typing import Any

from voice.audio import AudioFrame
from voice.clock import SystemClock
from voice.phone import AudioPath, IncomingLeg, LegConnected, LegDisconnected, PhoneConfig, PhoneEvent
from voice.sip import SipPhone
from voice.sip.media import FrameCopy, NaiveCopy, PointerCopy, blank_frame

MODES = ("no_tap", "fast", "naive")
SETTLE_S = 2.0


class Hum:
    """A FrameSource: a quiet 300 Hz, made once."""

    def __init__(self) -> None:
        self._second = array.array("h", (round(3000 * math.sin(2 * math.pi * 300 * n / 8000)) for n in range(8000)))
        self._pcm, self._at = self._second.tobytes(), 0

    def read(self, samples: int) -> bytes | None:
        """The next samples of the hum."""
        start, self._at = self._at, (self._at + 2 * samples) % len(self._pcm)
        return self._pcm[start : start + 2 * samples]


class Counting:
    """An AudioSink that only counts."""

    def __init__(self) -> None:
        self.samples = 0

    def write(self, frame: AudioFrame) -> None:
        """Count."""
        self.samples += frame.samples


class Timed:
    """A FrameCopy that notes when each frame of the first port that asks came by."""

    def __init__(self, inner: FrameCopy) -> None:
        self._inner = inner
        self.times: list[float] = []

    def read(self, frame: Any) -> bytes:
        """Copy, noting the time."""
        self.times.append(time.monotonic())
        return self._inner.read(frame)

    def write(self, frame: Any, pcm: bytes) -> None:
        """Copy."""
        self._inner.write(frame, pcm)


async def bridge(mode: str, seconds: float) -> None:
    """Join two incoming calls; print the SIP address, then the measurement."""
    events: asyncio.Queue[PhoneEvent] = asyncio.Queue()
    copy = Timed(NaiveCopy() if mode == "naive" else PointerCopy())
    phone = SipPhone(PhoneConfig(host="127.0.0.2", rtp_host="127.0.0.2"), events.put_nowait, SystemClock(), copy)
    host, port = await phone.start()
    print(f"sip:bench@{host}:{port}", flush=True)
    legs: list[str] = []
    while len(legs) < 2:
        event = await events.get()
        if isinstance(event, IncomingLeg):
            await phone.answer(event.leg_id)
        elif isinstance(event, LegConnected):
            legs.append(f"leg:{event.leg_id}")
    paths = {AudioPath(legs[0], legs[1]), AudioPath(legs[1], legs[0])}
    sinks = {f"tap {number}": Counting() for number in range(0 if mode == "no_tap" else 2)}
    for leg, (name, sink) in zip(legs, sinks.items(), strict=False):
        await phone.add_sink(name, sink, batch_ms=100)
        paths.add(AudioPath(leg, name))
    await phone.set_paths(frozenset(paths))
    await asyncio.sleep(SETTLE_S)
    copy.times.clear()
    cpu, began = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    share = 100 * (time.process_time() - cpu) / (time.monotonic() - began)
    ticks = sorted(copy.times)[:: max(1, len(sinks))]  # both taps are called in one tick, microseconds apart
    gaps = sorted(1000 * (after - before) for before, after in itertools.pairwise(ticks))
    print(json.dumps({"cpu_percent": share, "gaps_ms": gaps, "faults": await phone.faults()}), flush=True)
    await phone.close()


async def caller(uri: str) -> None:
    """Call and hum until hung up on."""
    events: asyncio.Queue[PhoneEvent] = asyncio.Queue()
    phone = SipPhone(PhoneConfig(host="127.0.0.4", rtp_host="127.0.0.4"), events.put_nowait, SystemClock())
    await phone.start()
    await phone.add_source("hum", Hum())
    await phone.dial("call", uri)
    await phone.set_paths(frozenset({AudioPath("hum", "leg:call")}))
    while not isinstance(await events.get(), LegDisconnected):
        pass
    await phone.close()


async def run_mode(mode: str, seconds: float) -> dict[str, Any]:
    """One measurement in fresh processes."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "bench.tap", "--seconds", str(seconds)]
    joined = await asyncio.create_subprocess_exec(*command, "--bridge", mode, stdout=pipe, limit=1 << 22)
    assert joined.stdout is not None
    uri = (await joined.stdout.readline()).decode().strip()
    callers = [await asyncio.create_subprocess_exec(*command, "--caller", uri) for _ in range(2)]
    try:
        async with asyncio.timeout(seconds + 30):
            measured = json.loads(await joined.stdout.readline())
            await asyncio.gather(*(process.wait() for process in (joined, *callers)))
    except TimeoutError:
        for process in (joined, *callers):
            process.kill()
        raise
    if measured["faults"]:
        raise SystemExit(f"{mode}: {measured['faults']}")
    return dict(measured)


def copy_us(copy: FrameCopy, rounds: int) -> float:
    """Microseconds to copy one 20 ms frame at 8 kHz out of a native frame."""
    frame = blank_frame(bytes(range(160)) * 2)
    began = time.perf_counter()
    for _ in range(rounds):
        copy.read(frame)
    return 1e6 * (time.perf_counter() - began) / rounds


async def measure(seconds: float) -> dict[str, Any]:
    """All modes."""
    runs = {mode: await run_mode(mode, seconds) for mode in MODES}
    gaps = runs["fast"]["gaps_ms"]
    return {
        "bench": "tap",
        "seconds": seconds,
        "cpu_percent_of_core": {mode: round(run["cpu_percent"], 2) for mode, run in runs.items()},
        "frame_gap_ms": {
            "p50": round(gaps[len(gaps) // 2], 2),
            "p99": round(gaps[len(gaps) * 99 // 100], 2),
            "max": round(gaps[-1], 2),
        },
        "copy_us_per_frame": {
            "fast": round(copy_us(PointerCopy(), 20000), 2),
            "naive": round(copy_us(NaiveCopy(), 200), 2),
        },
    }


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--bridge", choices=MODES, help=argparse.SUPPRESS)
    parser.add_argument("--caller", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bridge:
        asyncio.run(bridge(arguments.bridge, arguments.seconds))
    elif arguments.caller:
        asyncio.run(caller(arguments.caller))
    else:
        print(json.dumps(asyncio.run(measure(arguments.seconds))))
        return
    sys.stdout.flush()
    os._exit(0)  # the stack is freed; end without the interpreter's own teardown


if __name__ == "__main__":
    main()
