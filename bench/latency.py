"""From a transcript event to the card on a page: ``python -m bench.latency [--agents 200] [--events 3000]``.

A real floor process behind a real hub, every agent's page connected by a websocket, and a publisher that speaks on the
bus as workers and the transcription server do: each contact is offered, rung and answered, then words are said that
show, update or retract cards. Measured is CLOCK_MONOTONIC from the publishing of the words to the receipt of the first
card message they led to, on the page of the right agent; the pages live in processes of their own.

Prints one JSON line: latency p50, p95, p99 and max in ms, CPU of the floor and of the hub per event in ms, peak MiB of
the floor, and the machine's load before (on a busy machine the latency says nothing). Budget: p95 at most 5 ms with
200 agents. ``--rate`` is events per second over all contacts; each makes work: half are finals, most change a card.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import websockets

from assist.floor import COMMANDS, EVENTS
from assist.security import Security, signing_key
from assist.store import DEMO_NUMBER, Store, seed_demo
from ivr.contacts import AgentOffered, ContactAnswered, ContactOffered, ContactQueued
from transcription.utterances import UtteranceFinal, UtterancePartial, Word
from voice.bus.hub import Hub
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.events import Event
from voice.rundir import RunDirectory
from voice.settings import AgentSettings

BUDGET_MS = 5.0
PAGE_PROCESSES = 2
LAST_S = 2.0
"""How long after the last words a card may still come."""
SECRET = "kestrel-demo"
CARDS = ("card.shown", "card.updated", "card.retracted")


def agents(count: int) -> list[str]:
    """The agents' user names."""
    return [f"agent{number:03d}" for number in range(count)]


# -- the pages: a process each for a share of the agents


async def pages(url: str, tokens: Sequence[str]) -> None:
    """Connect one page per token; say so; on end of input print the cards each received, one JSON object."""
    received: dict[str, list[tuple[str, str, float]]] = {}

    async def page(token: str, ready: asyncio.Event) -> None:
        async with websockets.connect(url, origin=None, compression=None) as feed:
            await feed.send(json.dumps({"type": "hello", "token": token, "schema": 1}))
            async for text in feed:
                now = time.monotonic()
                message = json.loads(text)
                if message["type"] == "snapshot":
                    ready.set()
                elif message["type"] in CARDS:
                    data = message["data"]
                    card_id = data["card_id"] if message["type"] == "card.retracted" else data["card"]["id"]
                    received.setdefault(data["agent"], []).append((message["contact_id"], card_id, now))

    loop = asyncio.get_running_loop()
    events = [asyncio.Event() for _ in tokens]
    tasks = [loop.create_task(page(token, ready)) for token, ready in zip(tokens, events, strict=True)]
    await asyncio.gather(*(ready.wait() for ready in events))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(received), flush=True)


@contextlib.asynccontextmanager
async def watching(url: str, tokens: Sequence[str]) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """The page processes, all connected."""
    pipe = asyncio.subprocess.PIPE
    running = []
    try:
        for number in range(PAGE_PROCESSES):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.latency", "--pages", url, stdin=pipe, stdout=pipe, limit=1 << 26
            )
            running.append(process)
            assert process.stdin is not None
            process.stdin.write(json.dumps(tokens[number::PAGE_PROCESSES]).encode() + b"\n")
        for process in running:
            await _line(process)
        yield running
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = await process.stdout.readline()
    if not line:
        raise SystemExit("a process ended before it should")
    return line.decode().strip()


# -- the house: hub here, floor in its own process


@contextlib.asynccontextmanager
async def house(state: Path, count: int) -> AsyncIterator[tuple[RunDirectory, str, asyncio.subprocess.Process]]:
    """A hub, a seeded store and a floor process; yields where they meet, the page's URL and the floor."""
    where = RunDirectory(state)
    where.create()
    settings = state / "callfloor.toml"
    lines = [f"[run]\nstate_dir = {json.dumps(str(state))}\n\n[web]\nport = 0\n"]
    lines += [f'[[agent]]\nuser = "{name}"\nname = "{name}"\nsecret = "{SECRET}"\n' for name in agents(count)]
    settings.write_text("\n".join(lines))
    store = await Store.open(f"sqlite+aiosqlite:///{where.database}")
    await seed_demo(store, datetime.now(UTC).date())
    await store.close()
    hub = Hub(where.spool)
    with socket.socket(socket.AF_UNIX) as meeting:
        meeting.bind(str(where.hub))
        await hub.start(meeting)
        command = (sys.executable, "-m", "assist.floor_process", "--settings", str(settings))
        floor = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            url = (await _line(floor)).split()[-1].replace("http", "ws", 1) + "/api/feed"
            yield where, url, floor
        finally:
            if floor.returncode is None:
                floor.terminate()
            await floor.wait()
            await hub.close()


# -- the words


def words(turn: int) -> tuple[Event, Event]:
    """A partial and its final that update or show a card each time: complaint, apology, check, refund, thanks."""
    lines = (
        ("caller", "hello i was charged twice on my last bill and nobody called back"),
        ("agent", "i am sorry to hear that let me see"),
        ("caller", "this is unacceptable i want to speak to a supervisor right now"),
        ("agent", "let me check your account while we speak"),
        ("caller", "that would be very good thank you"),
        ("agent", "i can see the wrong charge on your bill"),
        ("caller", "oh perfect that is great thank you very much"),
        ("agent", "i will refund the second charge today"),
    )
    party, text = lines[turn % len(lines)]
    start, spoken = 10.0 + 5.0 * turn, text.split()
    timed = tuple(Word(word, start + 0.3 * at, start + 0.3 * at + 0.25, 0.95) for at, word in enumerate(spoken))
    end = timed[-1].end_s
    partial = UtterancePartial(f"u{turn}", party, text, start, end, 1)
    return partial, UtteranceFinal(f"u{turn}", party, text, timed, start, end, 0.95, "bench", "none")


class Publisher:
    """Contacts and their words on the bus; ``said`` is what was published when: (contact, moment)."""

    def __init__(self, bus: LocalBus, names: Sequence[str]) -> None:
        self._bus = bus
        self._names = names
        self.said: list[tuple[str, str, float]] = []

    def begin(self) -> None:
        """Every agent gets a contact and answers it."""
        for number, agent in enumerate(self._names):
            contact, now = f"contact{number:03d}", time.time()
            for event in (
                ContactOffered(f"w{number}", DEMO_NUMBER, "100", "bench", "1"),
                ContactQueued("billing", 5, now),
                AgentOffered(agent, f"lease{number}"),
                ContactAnswered(agent, f"lease{number}", 1.0),
            ):
                self._bus.publish(event, contact_id=contact)

    async def talk(self, events: int, rate: float) -> None:
        """Words at an even rate, contact after contact, each contact's next utterance in each round."""
        began = time.monotonic()
        numbers = itertools.count()
        for turn in itertools.count():
            pair = words(turn)
            for event in pair:
                for number, agent in enumerate(self._names):
                    at = next(numbers)
                    if at == events:
                        return
                    await asyncio.sleep(max(0.0, began + at / rate - time.monotonic()))
                    self.said.append((agent, f"contact{number:03d}", time.monotonic()))
                    self._bus.publish(event, contact_id=f"contact{number:03d}")


def latencies(
    said: Sequence[tuple[str, str, float]], received: dict[str, list[tuple[str, str, float]]]
) -> tuple[list[float], int]:
    """Seconds from each event to its first card, where one came before the contact's next event; and how many of the
    cards that came were of another contact than the agent's.
    """
    theirs = {agent: contact for agent, contact, _ in said}
    strays = sum(card[0] != theirs.get(agent) for agent, cards in received.items() for card in cards)
    times: dict[str, list[float]] = {}
    for agent, _, at in said:
        times.setdefault(agent, []).append(at)
    found = []
    for agent, moments in times.items():
        came = sorted(at for _, _, at in received.get(agent, ()))
        for at, following in itertools.zip_longest(moments, moments[1:], fillvalue=float("inf")):
            first = next((moment for moment in came if at <= moment < following), None)
            if first is not None:
                found.append(first - at)
    return sorted(found), strays


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0..1) of ``ordered`` lie."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# -- the measurement


async def measure(count: int, events: int, rate: float) -> dict[str, Any]:
    """One run."""
    with tempfile.TemporaryDirectory(prefix="callfloor-bench-") as directory:
        async with house(Path(directory), count) as (where, url, floor):
            names = agents(count)
            security = Security(
                [AgentSettings(user=name, name=name, secret=SECRET) for name in names],
                signing_key(where.state / "keys" / "web.key"), SystemClock(),
            )  # fmt: skip
            async with watching(url, [security.issue(name)[0] for name in names]) as running:
                return await _speak(where, names, events, rate, floor.pid, running)


async def _speak(
    where: RunDirectory,
    names: Sequence[str],
    events: int,
    rate: float,
    pid: int,
    running: Sequence[asyncio.subprocess.Process],
) -> dict[str, Any]:
    bus = LocalBus(where.hub, "bench", SystemClock(), EVENTS, COMMANDS, where.spool)
    await bus.start()
    await bus.connected()
    publisher = Publisher(bus, names)
    publisher.begin()
    await asyncio.sleep(LAST_S)
    load = round(os.getloadavg()[0], 1)
    floor = psutil.Process(pid)
    before, own = _cpu(floor), time.process_time()
    await publisher.talk(events, rate)
    await asyncio.sleep(LAST_S)
    cpu, own = _cpu(floor) - before, time.process_time() - own
    received: dict[str, list[tuple[str, str, float]]] = {}
    for process in running:
        assert process.stdin is not None
        process.stdin.close()
        received |= json.loads(await _line(process))
    await bus.close()
    found, strays = latencies(publisher.said, received)
    if not found:
        raise SystemExit("no card arrived")
    ms = {
        name: round(1000 * percentile(found, share), 2) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {
        "bench": "latency",
        "agents": len(names),
        "events": events,
        "events_per_s": rate,
        "cards": len(found),
        "strays": strays,
        "latency_ms": ms | {"max": round(1000 * found[-1], 2)},
        "budget_ms_p95": BUDGET_MS,
        "load_before": load,
        "floor_cpu_ms_per_event": round(1000 * cpu / events, 3),
        "hub_and_publisher_cpu_ms_per_event": round(1000 * own / events, 3),
        "floor_peak_mib": round(_peak_mib(pid), 1),
    }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--pages", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.pages:
        asyncio.run(pages(given.pages, json.loads(sys.stdin.readline())))
        return
    print(json.dumps(asyncio.run(measure(given.agents, given.events, given.rate))))


if __name__ == "__main__":
    main()
