"""What a call costs: this server against a plain one. ``python -m bench.capacity`` prints one JSON line.

The same two-leg calls (bench.dialogue) are sent, in real time and in 100 ms messages, to this server (contact protocol:
one connection per call, two channels) and to a recogniser per socket that decodes everything (bench.plain_server: two
connections per call), one after the other, each in a fresh process, on the same model, uncompressed. What counts is the
CPU the server process used, user and system, from the first message to the last word, and the words it heard.

25 % of talk by the caller and 30 % by the agent decides: at least twice fewer CPU seconds, at most 0.5 points more word
errors. 45/45 % and 25/30 % before babble are reported beside it, as is this server's CPU under vosk-server's protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from websockets.asyncio.client import connect

from bench.dialogue import RATE, Leg, call
from transcription import wire
from transcription.evaluate import word_errors
from transcription.models import DEMO_MODEL

BATCH_S = 0.1
BATCH = 2 * int(BATCH_S * RATE)
EOF = '{"eof" : 1}'
BUDGET_RATIO = 2.0
BUDGET_POINTS = 0.5
CONDITIONS: dict[str, tuple[tuple[float, float], bool]] = {
    "25/30": ((0.25, 0.30), False),
    "45/45": ((0.45, 0.45), False),
    "25/30 babble": ((0.25, 0.30), True),
}
CONTACT, VOSK, PLAIN = "contact", "vosk", "plain"
Call = tuple[Leg, Leg]


@dataclass
class Measured:
    """Sums over rounds."""

    cpu_s: float = 0.0
    call_s: float = 0.0
    errors: int = 0
    words: int = 0

    @property
    def cpu_per_hour(self) -> float:
        """CPU seconds for an hour of one call."""
        return 3600 * self.cpu_s / self.call_s

    @property
    def wer(self) -> float:
        """Per cent."""
        return 100 * self.errors / self.words


@asynccontextmanager
async def serving(kind: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    """A fresh server process: its address, and the process to measure."""
    module = ("bench.plain_server", DEMO_MODEL) if kind == PLAIN else ("transcription", "--port", "0")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        port = json.loads(await process.stdout.readline())["port"]
        yield f"ws://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.kill()
        await process.wait()


class Pacer:
    """Releases batch after batch of a call in real time (or ``speed`` times that); each call has a phase of its own."""

    def __init__(self, phase: float, speed: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time() + phase * BATCH_S / speed
        self._speed = speed

    def sent_at(self, second: float) -> float:
        """The loop's time at which the batch that holds this second of the call was sent."""
        return self._start + int(second / BATCH_S) * BATCH_S / self._speed

    async def batches(self, legs: Sequence[Leg]) -> AsyncIterator[tuple[int, list[bytes]]]:
        """The offset in samples, and each leg's samples."""
        for number, start in enumerate(range(0, len(legs[0].pcm), BATCH)):
            await asyncio.sleep(self._start + number * BATCH_S / self._speed - self._loop.time())
            yield start // 2, [leg.pcm[start : start + BATCH] for leg in legs]


async def call_contact(address: str, legs: Call, pacer: Pacer, number: int) -> list[str]:
    """The words of each leg by the contact protocol."""
    specs = [wire.ChannelSpec(channel=n, party=party, rate=RATE) for n, party in enumerate(("caller", "agent"))]
    heard: list[list[str]] = [[], []]
    async with connect(address, compression=None, ping_interval=None) as socket:
        await socket.send(wire.encode(wire.Hello(contact_id=f"bench-{number}", channels=tuple(specs))))

        async def speak() -> None:
            async for offset, batches in pacer.batches(legs):
                for channel, pcm in enumerate(batches):
                    await socket.send(wire.pack_audio(channel, offset, pcm))
            await socket.send(wire.encode(wire.Finish()))

        speaking = asyncio.create_task(speak())
        async for text in socket:
            if '"type":"final"' in str(text)[:20]:
                message = json.loads(text)
                heard[message["channel"]].append(message["utterance"]["text"])
        await speaking
    return [" ".join(texts) for texts in heard]


async def call_vosk(address: str, legs: Call, pacer: Pacer, number: int) -> list[str]:
    """The words of each leg by vosk-server's protocol: one connection a leg."""
    sockets = [await connect(address, compression=None, ping_interval=None) for _ in legs]
    heard: list[list[str]] = [[], []]

    async def listen(leg: int) -> None:
        async for text in sockets[leg]:
            answer = json.loads(text)
            if answer.get("text"):
                heard[leg].append(answer["text"])

    listening = [asyncio.create_task(listen(leg)) for leg in range(2)]
    async for _, batches in pacer.batches(legs):
        for socket, pcm in zip(sockets, batches, strict=True):
            await socket.send(pcm)
    for socket in sockets:
        await socket.send(EOF)
    await asyncio.gather(*listening)
    for socket in sockets:
        await socket.close()
    return [" ".join(texts) for texts in heard]


async def measure(kind: str, calls: Sequence[Call], speed: float, total: Measured) -> None:
    """All calls at once on a fresh server, added to ``total``."""
    talk = call_contact if kind == CONTACT else call_vosk
    async with serving(kind) as (address, process):
        before = process.cpu_times()
        words = await asyncio.gather(
            *(talk(address, legs, Pacer(number / len(calls), speed), number) for number, legs in enumerate(calls))
        )
        after = process.cpu_times()
    total.cpu_s += after.user + after.system - before.user - before.system
    total.call_s += sum(len(caller.pcm) for caller, _ in calls) / 2 / RATE
    for legs, heard in zip(calls, words, strict=True):
        counted = word_errors([leg.text for leg in legs], heard)
        total.errors += counted.substitutions + counted.deletions + counted.insertions
        total.words += counted.words


async def compare(name: str, options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """One condition: servers alternate, round after round, on the same calls."""
    talk, babble = CONDITIONS[name]
    kinds = (PLAIN, CONTACT, VOSK) if options.vosk and name == "25/30" else (PLAIN, CONTACT)
    totals = {kind: Measured() for kind in kinds}
    # Babble is decoded throughout and costs many times more: fewer calls, so that the plain server keeps up.
    count = max(1, options.calls // 4) if babble else options.calls
    for number in range(options.rounds):
        calls = [call(options.seconds, talk, 1000 * number + seed, babble=babble) for seed in range(count)]
        for kind in kinds:
            await measure(kind, calls, options.speed, totals[kind])
            say(f"{name} round {number + 1} {kind}: {totals[kind].cpu_per_hour:.1f} CPU s per call-hour")
    result: dict[str, Any] = {
        kind: {"cpu_s_per_call_hour": round(total.cpu_per_hour, 1), "wer_percent": round(total.wer, 2)}
        for kind, total in totals.items()
    }
    result["ratio"] = round(totals[PLAIN].cpu_per_hour / totals[CONTACT].cpu_per_hour, 2)
    result["wer_points"] = round(totals[CONTACT].wer - totals[PLAIN].wer, 2)
    result["words"] = totals[PLAIN].words
    return result


async def bench(options: argparse.Namespace) -> dict[str, Any]:
    """Every condition."""

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    results = {name: await compare(name, options, say) for name in options.conditions}
    decisive = results.get("25/30")
    within = decisive and decisive["ratio"] >= BUDGET_RATIO and decisive["wer_points"] <= BUDGET_POINTS
    return {
        "bench": "capacity",
        "model": DEMO_MODEL,
        "calls": options.calls,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "speed": options.speed,
        "message_ms": round(1000 * BATCH_S),
        "budget": {"ratio": BUDGET_RATIO, "wer_points": BUDGET_POINTS},
        "within_budget": within,
        "results": results,
    }


def main() -> int:
    """Exit status 1 where the budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each call")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--speed", type=float, default=1.0, help="times real time; more than 1 flatters nobody reliably"
    )
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS), choices=list(CONDITIONS))
    parser.add_argument("--no-vosk", dest="vosk", action="store_false", help="leave vosk-server's protocol out")
    options = parser.parse_args()
    result = asyncio.run(bench(options))
    print(json.dumps(result))
    return 1 if result["within_budget"] is False else 0


if __name__ == "__main__":
    sys.exit(main())
