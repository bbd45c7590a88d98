"""A front and a zygote as real processes, with the miniature worker of ``tests.zygote.workers``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.sip_peer import SipPeer
from voice.front.message import Response

SETTINGS = """
[run]
state_dir = "{directory}/state"
[front]
host = "127.0.0.3"
port = 0
trunks = ["127.0.0.2/32"]
max_contacts = {most}
warm_workers = {warm}
[rtp]
first_port = 30000
[[agent]]
user = "anna"
name = "Anna"
secret = "open sesame"
"""


@dataclass
class House:
    outer: tuple[str, int]
    inner: str
    directory: Path

    async def taken(self, peer: SipPeer, name: str) -> Response:
        """``peer`` calls until a worker answers (a new one may need a moment); acknowledged. Returns the 200."""
        for attempt in range(100):
            peer.send(peer.request("INVITE", "sip:100@callfloor", f"{name}-{attempt}"), self.outer)
            answer = await peer.final()
            if answer.status == 200:
                peer.send(peer.within(answer, "ACK", 1), self.outer)
                return answer
            peer.send(peer.failed_ack(answer), self.outer)
        raise AssertionError("no call was ever taken")

    async def ready(self) -> None:
        """Until the pool has taken a first call: the front's own OPTIONS answers long before that."""
        async with SipPeer.open("127.0.0.2") as peer:
            answer = await self.taken(peer, "ready")
            peer.send(peer.within(answer, "BYE", 2), self.outer)
            await peer.final()


@contextlib.asynccontextmanager
async def house(directory: Path, *, most: int = 4, warm: int = 2) -> AsyncIterator[House]:
    settings, zygote_socket = directory / "settings.toml", directory / "z.sock"
    settings.write_text(SETTINGS.format(directory=directory, most=most, warm=warm))
    environment = os.environ | {"PYTHONPATH": "."}
    front = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voice.front", "--settings", str(settings), "--zygote", str(zygote_socket)),
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    started = [front]
    try:
        assert front.stdout is not None
        async with asyncio.timeout(20):
            words = (await front.stdout.readline()).decode().split()
        assert words[:2] == ["front", "ready"], words
        zygote = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voice.zygote", "--listen", str(zygote_socket)),
            *("--worker", "tests.zygote.workers:answers", "--warm", str(warm), "--max", str(most)),
            *("--settings", str(settings), "--run-dir", str(directory), "--front-inner", words[4]),
            env=environment,
        )
        started.append(zygote)
        host, port = words[2].split(":")
        place = House((host, int(port)), words[4], directory)
        await place.ready()
        yield place
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            codes = [await process.wait() for process in started]
    assert codes == [0] * len(started)
