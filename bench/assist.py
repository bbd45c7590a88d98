"""What helping costs: ``python -m bench.assist [--agents 200] [--events 3000]`` prints one JSON line.

A real floor process behind a real hub, every agent's page connected by a websocket, 5,000 phrases and 10,000 articles
beside the built-in content, and a publisher that speaks on the bus as workers and the transcription server do: each
agent has a live contact with a customer of her own, in which a labelled dialogue (``tests/golden/dialogues/dev``) is
said, partials before each final. They all begin at once (``all_begun_s`` until the last has its first card) before
anybody speaks. Measured is CLOCK_MONOTONIC from the publishing of words to the receipt of the first card message they
led to, on the page of the right agent; the pages live in processes of their own.

Latency p50, p95, p99 and max in ms; CPU of the floor per event, and as a share of one core per contact at that rate;
peak MiB of the floor, with the content alone; spotting (all phrases in one event's words) and search (all articles) by
themselves; the machine's load before (on a busy machine the latency says nothing). ``--rate`` is events per second over
all contacts. Budgets: latency p95 at most 5 ms with 200 agents, spotting p95 at most 0.1 ms.
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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from assist.cards import CardKind, CardShown
from assist.security import Security, signing_key
from assist.store import DEMO_NUMBER, Store, seed_demo
from assist.vocabulary import COMMANDS, EVENTS
from bench.assist_load import again, dialogues, spotting, write_content
from bench.assist_pages import read_line, watching
from bench.figures import spread
from ivr.contacts import AgentOffered, ContactAnswered, ContactOffered, ContactQueued
from voice.bus.hub import Hub
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.rundir import RunDirectory
from voice.settings import AgentSettings

BUDGET_MS = 5.0
LAST_S = 2.0
"""How long after the last words a card may still come."""
SECRET = "kestrel-demo"


def agents(count: int) -> list[str]:
    """The agents' user names."""
    return [f"agent{number:03d}" for number in range(count)]


def number(customer: int) -> str:
    """Whom nobody shares a number with: each is looked up by herself."""
    return f"+1303555{customer:04d}"


# -- the house: hub here, floor in its own process


@contextlib.asynccontextmanager
async def house(
    state: Path, content: Path, count: int
) -> AsyncIterator[tuple[RunDirectory, str, asyncio.subprocess.Process]]:
    """A hub, a seeded store and a floor process; yields where they meet, the page's URL and the floor."""
    where = RunDirectory(state)
    where.create()
    settings = state / "callfloor.toml"
    lines = [
        f"[run]\nstate_dir = {json.dumps(str(state))}\n\n[web]\nport = 0\nburst = {2 * count}\n",
        f"[assist]\ncontent = {json.dumps(str(content))}\n",
    ]
    lines += [f'[[agent]]\nuser = "{name}"\nname = "{name}"\nsecret = "{SECRET}"\n' for name in agents(count)]
    settings.write_text("\n".join(lines))
    store = await Store.open(f"sqlite+aiosqlite:///{where.database}")
    await seed_demo(store, datetime.now(UTC).date())
    known = await store.find_customer(DEMO_NUMBER)
    assert known is not None
    await store.add_customers(replace(known, phone=number(each)) for each in range(count))
    await store.close()
    hub = Hub(where.spool)
    with socket.socket(socket.AF_UNIX) as meeting:
        meeting.bind(str(where.hub))
        await hub.start(meeting)
        command = (sys.executable, "-m", "assist.floor_process", "--settings", str(settings))
        floor = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            url = (await read_line(floor)).split()[-1].replace("http", "ws", 1) + "/api/feed"
            yield where, url, floor
        finally:
            if floor.returncode is None:
                floor.terminate()
            await floor.wait()
            await hub.close()


# -- the words


class Publisher:
    """Contacts and their words on the bus; ``said`` is what was published when: (contact, moment)."""

    def __init__(self, bus: LocalBus, names: Sequence[str]) -> None:
        self._bus = bus
        self._names = names
        self.said: list[tuple[str, str, float]] = []

    def begin(self) -> None:
        """Every agent gets a contact and answers it."""
        for index, agent in enumerate(self._names):
            contact, now = f"contact{index:03d}", time.time()
            for event in (
                ContactOffered(f"w{index}", number(index), "100", "bench", "1"),
                ContactQueued("billing", 5, now),
                AgentOffered(agent, f"lease{index}"),
                ContactAnswered(agent, f"lease{index}", 1.0),
            ):
                self._bus.publish(event, contact_id=contact)

    async def talk(self, events: int, rate: float) -> None:
        """Words at an even rate, contact after contact, each contact's next event in each round."""
        began = time.monotonic()
        spoken = [list(dialogue) for dialogue in dialogues()]
        for at in range(events):
            turn, index = divmod(at, len(self._names))
            dialogue = spoken[index % len(spoken)]
            event, contact = again(dialogue, turn), f"contact{index:03d}"
            await asyncio.sleep(max(0.0, began + at / rate - time.monotonic()))
            self.said.append((self._names[index], contact, time.monotonic()))
            self._bus.publish(event, contact_id=contact)


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


# -- the measurement


async def measure(count: int, events: int, rate: float) -> dict[str, Any]:
    """One run."""
    with tempfile.TemporaryDirectory(prefix="callfloor-bench-") as directory:
        content = Path(directory) / "content"
        write_content(content)
        alone = spotting(content)
        async with house(Path(directory) / "state", content, count) as (where, url, floor):
            before = _peak_mib(floor.pid)
            names = agents(count)
            security = Security(
                [AgentSettings(user=name, name=name, secret=SECRET) for name in names],
                signing_key(where.state / "keys" / "web.key"), SystemClock(),
            )  # fmt: skip
            async with watching(url, [security.issue(name)[0] for name in names]) as running:
                found = await _speak(where, names, events, rate, floor.pid, running)
    return found | alone | {"floor_mib_without_contacts": round(before, 1)}


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
    begun_s = await _begun(bus, publisher, len(names))
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
        received |= json.loads(await read_line(process))
    await bus.close()
    found, strays = latencies(publisher.said, received)
    if not found:
        raise SystemExit("no card arrived")
    return {
        "bench": "assist",
        "agents": len(names),
        "events": events,
        "events_per_s": rate,
        "cards": len(found),
        "strays": strays,
        "all_begun_s": round(begun_s, 2),
        "latency_ms": spread([1000 * seconds for seconds in found], 2),
        "budget_ms_p95": BUDGET_MS,
        "load_before": load,
        "floor_cpu_percent_per_contact": round(100 * cpu / (events / rate) / len(names), 3),
        "floor_cpu_ms_per_event": round(1000 * cpu / events, 3),
        "hub_and_publisher_cpu_ms_per_event": round(1000 * own / events, 3),
        "floor_peak_mib": round(_peak_mib(pid), 1),
    }


async def _begun(bus: LocalBus, publisher: Publisher, count: int) -> float:
    """All contacts begin at once; seconds until the last has its history card."""
    shown, heard = set[str](), bus.subscribe(CardShown.type)
    began = time.monotonic()
    publisher.begin()
    async with asyncio.timeout(60):
        async for envelope in heard:
            if isinstance(envelope.event, CardShown) and envelope.event.card.kind is CardKind.HISTORY:
                shown.add(envelope.contact_id or "")
            if len(shown) == count:
                break
    heard.close()
    return time.monotonic() - began


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
    given = parser.parse_args()
    print(json.dumps(asyncio.run(measure(given.agents, given.events, given.rate))))


if __name__ == "__main__":
    main()
