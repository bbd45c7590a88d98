"""A floor at work: ``python -m bench.floor [--contacts 30] [--talking 15] [--seconds 30]``; a JSON line for each part.

A whole house (``callfloor serve``), callers and agents with real SIP and RTP of their own (``bench.rtp_callers``,
``bench.rtp_agents``); every contact goes through the queue, is tapped and recorded, with sound both ways.

- ``bridged``: ``--contacts`` at once with the faint noise of a line on both legs: taps and recorder run, and the
  recogniser, which is gated by voice activity, has nothing to decode.
- ``talking``: ``--talking`` at once; both legs hold recorded speech (25 and 30 % of the time): recognition and cards.

CPU is that of the house's processes while all talk, as a share of one core per contact (callers and agents are not
in it). RTP gaps: between packets as the callers receive them, in ms; ``late_ms``: how late this process sends its
own, which says how far its clock can be trusted. Budgets: none missing, gaps p99 at most 40 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from assist.cards import CardShown
from assist.serve import House
from assist.vocabulary import COMMANDS, EVENTS
from bench.dialogue import call, to_mu_law
from bench.figures import spread
from bench.rtp_agents import agents
from bench.rtp_callers import Caller, Heard, Stream
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactClosed
from tests.fakes.sip_peer import SipPeer
from transcription.utterances import UtteranceFinal
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.events import Event
from voice.settings import read_settings

CALLER, FRONT, STATION = "127.0.0.2", "127.0.0.3", "127.0.0.4"
PARTS = {"bridged": (0.0, 0.0), "talking": (0.25, 0.30)}
READY_S, ANSWER_S, CLOSE_S = 120.0, 60.0, 60.0
FLOW = """flow: bench
language: en
voice: slt
start: wait
nodes:
  wait: {verb: enqueue, queue: bench}
"""


@dataclass
class Seen:
    """What the bus said, by type of event."""

    events: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def listen(self, bus: LocalBus) -> None:
        """Until cancelled."""
        async for envelope in bus.subscribe("*", limit=100_000):
            self.events.append(envelope.event)
            self.changed.set()

    async def count(self, kind: type[Event], number: int, timeout_s: float) -> None:
        """Wait for so many. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while len(self.of(kind)) < number:
                self.changed.clear()
                await self.changed.wait()

    async def available(self, names: Sequence[str]) -> None:
        """Wait until all agents are. Raises TimeoutError."""
        async with asyncio.timeout(READY_S):
            while not set(names) <= {e.agent for e in self.events if _free(e)}:  # type: ignore[attr-defined]
                self.changed.clear()
                await self.changed.wait()


def _free(event: Event) -> bool:
    return isinstance(event, AgentStateChanged) and event.state == "AVAILABLE"


def _settings(state: Path, names: Sequence[str], secret: str) -> Path:
    state.mkdir(mode=0o700)
    (state / "flow.yaml").write_text(FLOW)
    lines = [
        f'[run]\nstate_dir = {json.dumps(str(state))}\n[front]\nhost = "{FRONT}"\nport = 0\ntrunks = ["{CALLER}/32"]\n'
        f'max_contacts = {len(names) + 4}\nwarm_workers = 4\n[rtp]\nhost = "{FRONT}"\n[web]\nport = 0\n'
        f"[transcription]\nport = 0\n[ivr]\nflow = {json.dumps(str(state / 'flow.yaml'))}\n"
    ]
    lines += [
        f'[[agent]]\nuser = "{name}"\nname = "{name}"\nsecret = "{secret}"\nqueues = ["bench"]\n' for name in names
    ]
    file = state / "callfloor.toml"
    file.write_text("\n".join(lines))
    return file


@contextlib.asynccontextmanager
async def callers(front: tuple[str, int], count: int) -> AsyncIterator[list[Caller]]:
    """Telephones that have not called yet."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for number in range(count):
            peer = await stack.enter_async_context(SipPeer.open(CALLER))
            transport, stream = await loop.create_datagram_endpoint(Stream, local_addr=(CALLER, 0))
            stack.callback(transport.close)
            found.append(Caller(peer, front, stream, number))
        yield found


async def part(talk: tuple[float, float], count: int, seconds: float, directory: Path) -> dict[str, object]:
    """``count`` contacts at once for ``seconds``."""
    names = [f"agent{number:02}" for number in range(count)]
    secret = secrets.token_hex(8)
    file = _settings(directory / "state", names, secret)
    legs = call(seconds + 30.0, talk, seed=1)
    caller, agent = (to_mu_law(np.frombuffer(leg.pcm, "<i2")) for leg in legs)
    seen = Seen()
    async with House(read_settings(file, {}), file, SystemClock(), {}) as house:
        async with asyncio.timeout(READY_S):
            await house.ready()
        bus = LocalBus(house.where.hub, "bench", SystemClock(), EVENTS, COMMANDS, house.where.spool)
        await bus.start()
        listening = asyncio.create_task(seen.listen(bus))
        try:
            sip, web = house.addresses.sip, house.addresses.web
            async with agents(STATION, names, secret, sip, web, agent), callers(sip, count) as telephones:
                await seen.available(names)
                return await _talk(house, seen, telephones, caller, seconds)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await bus.close()


async def _talk(
    house: House, seen: Seen, telephones: Sequence[Caller], sound: bytes, seconds: float
) -> dict[str, object]:
    for telephone in telephones:
        await telephone.call(sound)
    await seen.count(ContactAnswered, len(telephones), ANSWER_S)
    heard = [telephone.stream.heard for telephone in telephones]
    for each in heard:
        each.forget()
    before = _cpu_s(house)
    await asyncio.sleep(seconds)
    spent = {name: cpu - before.get(name, 0.0) for name, cpu in _cpu_s(house).items()}
    kept = [Heard(list(each.at), list(each.sequence), list(each.late)) for each in heard]
    load = os.getloadavg()[0]
    for telephone in telephones:
        await telephone.hang_up()
    with contextlib.suppress(TimeoutError):  # "closed" tells
        await seen.count(ContactClosed, len(telephones), CLOSE_S)
    return _result(kept, spent, seen, seconds, load)


def _cpu_s(house: House) -> dict[str, float]:
    """CPU seconds so far of each service, and of the workers together; hub and ``serve`` are this process's."""
    found = {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in house.pids.items()}
    workers = psutil.Process(house.pids["zygote"]).children(recursive=True)
    return found | {"workers": sum(sum(worker.cpu_times()[:2]) for worker in workers)}


def _result(
    heard: Sequence[Heard], spent: dict[str, float], seen: Seen, seconds: float, load: float
) -> dict[str, object]:
    count = len(heard)
    gaps = [1000 * gap for each in heard for gap in each.gaps]
    late = [1000 * moment for each in heard for moment in each.late]
    closed = [event for event in seen.events if isinstance(event, ContactClosed)]
    return {
        "contacts": count,
        "seconds": seconds,
        "cpu_percent_per_contact": {
            name: round(100 * cpu / seconds / count, 2) for name, cpu in (spent | {"all": sum(spent.values())}).items()
        },
        "rtp_gap_ms": spread(gaps),
        "rtp_missing": sum(each.missing for each in heard),
        "rtp_received": len(gaps) + count,
        "rtp_expected": round(count * seconds / 0.02),
        "late_ms": spread(late),
        "closed": len(closed),
        "recorded_s": round(min((event.recorded_s for event in closed), default=0.0), 1),
        "finals": sum(isinstance(event, UtteranceFinal) and bool(event.text) for event in seen.events),
        "cards": len(seen.of(CardShown)),
        "worker_peak_mib": round(max((event.peak_mib for event in closed), default=0.0), 1),
        "load": round(load, 1),
    }


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.floor", description=__doc__)
    parser.add_argument("--contacts", type=int, default=30)
    parser.add_argument("--talking", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    counts = {"bridged": given.contacts, "talking": given.talking}
    for name in given.only:
        with tempfile.TemporaryDirectory(prefix="floor-") as directory:
            found = asyncio.run(part(PARTS[name], counts[name], given.seconds, Path(directory)))
        print(json.dumps({"bench": "floor", "part": name, **found}), flush=True)


if __name__ == "__main__":
    main()
