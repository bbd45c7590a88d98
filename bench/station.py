"""What a station adds to sound: ``python -m bench.station [--minutes 15] [--ppm 300] [--seconds 40]``, one JSON line.

``sound``: a real call on a virtual headset (``bench.station_sound``), budget 60 ms each way; null where PulseAudio is
not installed, and with ``--seconds 0``.

``runs``, two clocks that differ, in virtual time: the rings of a headset between a simulated sound card and a simulated
SIP stack, whose clocks differ by ±ppm: both send and fetch 20 ms blocks, the sender late each time by a random while of
2 ms on average (exponential), and of 4 ms for comparison. Only CPU is measured. ``delay_ms``: how long the samples of a
block that is read have been in the ring, on average (p50, p95, most). Budget: 2 underruns.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import random
import shutil
import time
from dataclasses import dataclass
from typing import Any

from bench.station_sound import measure, milliseconds
from hardware.audio.drift import DriftRing

RATE, BLOCK = 8000, 160
LATE_MS = (0.5, 2.0, 4.0)  # means: a quiet machine; callbacks 2 ms late at p99 here; a machine in trouble
SETTLE_S = 10.0


@dataclass
class Now:
    """The Clock of the simulation."""

    at: float = 0.0

    def monotonic(self) -> float:
        """Seconds of virtual time."""
        return self.at


def mean_time(written: list[float], first: int, last: int) -> float:
    """When samples ``first`` to ``last`` of the stream were written, on average."""
    blocks = range(first // BLOCK, (last - 1) // BLOCK + 1)
    counts = [min(last, (block + 1) * BLOCK) - max(first, block * BLOCK) for block in blocks]
    return sum(count * written[block] for block, count in zip(blocks, counts, strict=True)) / (last - first)


def run(ppm: float, minutes: float, late_ms: float, seed: int) -> dict[str, Any]:
    """One direction: the producer's clock is ``ppm`` fast."""
    rng, now = random.Random(seed), Now()
    ring = DriftRing(RATE, now)
    period, end = 0.02 / (1 + ppm * 1e-6), minutes * 60
    events = [(0.02, 0, 0), (0.031, 1, 0)]
    delays: list[float] = []
    written: list[float] = []  # when each block was
    cpu = time.process_time()
    while events:
        at, kind, count = heapq.heappop(events)
        if at > end:
            break
        now.at = at
        if kind == 0:
            ring.write(bytes(2 * BLOCK))
            written.append(at)
            due = (count + 2) * period
            heapq.heappush(events, (max(due + rng.expovariate(1000 / late_ms), at + 0.0001), 0, count + 1))
        else:
            first = BLOCK * len(written) - ring.level
            ring.read(BLOCK)
            last = BLOCK * len(written) - ring.level
            if at > SETTLE_S and last > first:
                delays.append(at - mean_time(written, first, last))
            heapq.heappush(events, (0.031 + (count + 1) * 0.02, 1, count + 1))
    cpu = time.process_time() - cpu
    statistics = ring.statistics
    return {
        "ppm": ppm,
        "late_ms": late_ms,
        "underruns": statistics.underruns,
        "trimmed": statistics.trimmed,
        "overrun": statistics.overrun,
        "delay_ms": milliseconds(delays),
        "cpu_percent": round(100 * cpu / (minutes * 60), 2),
    }


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--ppm", type=float, default=300.0)
    parser.add_argument("--seconds", type=float, default=40.0)
    options = parser.parse_args()
    live = options.seconds and shutil.which("pulseaudio")
    runs = [
        run(sign * options.ppm, options.minutes, late_ms, seed)
        for late_ms in LATE_MS
        for seed, sign in enumerate((1, -1))
    ]
    print(
        json.dumps(
            {
                "bench": "station",
                "late_ms": LATE_MS,
                "minutes": options.minutes,
                "underruns": max(each["underruns"] for each in runs),
                "delay_ms_p50": max(each["delay_ms"]["p50"] for each in runs),
                "cpu_percent": max(each["cpu_percent"] for each in runs),
                "sound": asyncio.run(measure(options.seconds)) if live else None,
                "runs": runs,
            }
        )
    )


if __name__ == "__main__":
    main()
