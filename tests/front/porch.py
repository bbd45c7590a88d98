"""A front's sockets in this process, before a pure core of the test's; a zygote that only names workers."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.front.desk import KEY, SECRET
from voice.clock import SystemClock
from voice.front.access import Access
from voice.front.guard import Limits
from voice.front.pool import Pool
from voice.front.proxy import Proxy
from voice.front.routing import Routing
from voice.front.server import FrontServer
from voice.front.sockets import Sockets, bind_inner, bind_outer
from voice.front.switchboard import Switchboard
from voice.front.trunks import Trunks, TrunkSettings


@dataclass
class Porch:
    sockets: Sockets
    proxy: Proxy

    @property
    def outer(self) -> tuple[str, int]:
        return self.sockets.outer_address


@contextlib.asynccontextmanager
async def porch(
    directory: Path,
    worker_ports: tuple[int, ...] = (),
    *,
    host: str = "127.0.0.3",
    trunk: str = "127.0.0.2",
    limits: Limits | None = None,
) -> AsyncIterator[Porch]:
    """A serving front whose workers listen on ``worker_ports`` of 127.0.0.1."""
    sockets = Sockets(*bind_outer(host, 0), bind_inner())
    clock = SystemClock()
    trunks = Trunks((TrunkSettings(name="trunk", networks=(trunk,), calls_per_s=100),))
    access = Access("callfloor", "callfloor", host, {"anna": SECRET}, trunks, limits=limits or Limits())
    routing = Routing(KEY, sockets.outer_address, sockets.inner_address)
    proxy = Proxy(Switchboard(Pool(8), routing, 1000), access, KEY, clock.monotonic())
    left = asyncio.Event()

    async def zygote(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listed = [{"id": f"w{n}", "port": port, "state": "idle"} for n, port in enumerate(worker_ports, start=1)]
        writer.write(json.dumps({"type": "workers", "workers": listed}).encode() + b"\n")
        while await reader.read(4096):
            pass
        writer.close()
        await writer.wait_closed()
        left.set()

    listening = await asyncio.start_unix_server(zygote, directory / "z.sock")
    ready = asyncio.Event()
    front = FrontServer(proxy, sockets, directory / "z.sock", clock)
    running = asyncio.create_task(front.run(ready.set))
    try:
        async with asyncio.timeout(10):
            await ready.wait()
        yield Porch(sockets, proxy)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        async with asyncio.timeout(10):
            await left.wait()
        listening.close()
        await listening.wait_closed()
