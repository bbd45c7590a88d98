"""A front and a zygote as real processes, with the miniature worker of ``tests.zygote.workers``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
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
    front_pid: int
    zygote_pid: int

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
async def house(
    directory: Path, *, most: int = 4, warm: int = 2, worker: str = "tests.zygote.workers:answers"
) -> AsyncIterator[House]:
    settings = directory / "settings.toml"
    settings.write_text(SETTINGS.format(directory=directory, most=most, warm=warm))
    front = ("-m", "voice.front", "--settings", str(settings), "--zygote", str(directory / "z.sock"))
    async with running(*front, stdout=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            words = (await process.stdout.readline()).decode().split()
        assert words[:2] == ["front", "ready"], words
        async with zygote(directory, settings, words[4], most=most, warm=warm, worker=worker) as parent:
            host, port = words[2].split(":")
            place = House((host, int(port)), words[4], directory, process.pid, parent.pid)
            await place.ready()
            yield place


@contextlib.asynccontextmanager
async def zygote(
    directory: Path, settings: Path, inner: str, *, most: int, warm: int, worker: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """On ``z.sock`` in ``directory``."""
    async with running(
        *("-m", "voice.zygote", "--listen", str(directory / "z.sock"), "--worker", worker),
        *("--warm", str(warm), "--max", str(most), "--settings", str(settings), "--run-dir", str(directory)),
        *("--front-inner", inner),
    ) as process:
        yield process


@contextlib.asynccontextmanager
async def ends(directory: Path) -> AsyncIterator[list[str]]:
    """How workers end from now on, other than well, as the zygote tells a front."""
    found: list[str] = []
    reader, writer = await asyncio.open_unix_connection(directory / "z.sock")
    await reader.readline()  # the workers there are

    async def read() -> None:
        while line := await reader.readline():
            told = json.loads(line)
            if told["type"] == "ended" and told["reason"] != "exit 0":
                found.append(f"{told['id']}: {told['reason']}")

    task = asyncio.create_task(read())
    try:
        yield found
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        writer.close()
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def running(
    *arguments: str, stdout: int | None = None, more: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python of ours, ended by SIGTERM, which it must take well. ``more``: of the environment."""
    environment = os.environ | {"PYTHONPATH": ".", "OPENBLAS_NUM_THREADS": "1"} | dict(more or {})
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=stdout, env=environment)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            code = await process.wait()
    assert code == 0
