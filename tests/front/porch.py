"""A front's sockets in this process, before a pure core of the test's; a zygote that only names workers."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.front.desk import KEY, SECRET
from voice.clock import Clock, SystemClock
from voice.front.access import Access
from voice.front.guard import Limits
from voice.front.pool import Pool
from voice.front.proxy import Proxy
from voice.front.routing import Routing
from voice.front.server import FrontServer
from voice.front.sockets import Sockets, bind_inner, bind_outer
from voice.front.switchboard import Switchboard
from voice.front.trunks import Trunks, TrunkSettings

MOST = 16
Workers = Callable[[str], contextlib.AbstractAsyncContextManager[object]]


@dataclass
class Porch:
    sockets: Sockets
    proxy: Proxy
    ended: list[str] = field(default_factory=list)
    """How workers ended, other than well."""

    @property
    def outer(self) -> tuple[str, int]:
        return self.sockets.outer_address

    def worker_ended(self, worker_id: str, reason: str) -> None:
        if reason != "exit 0":
            self.ended.append(f"{worker_id}: {reason}")


def _named(directory: Path, ports: tuple[int, ...]) -> Workers:
    @contextlib.asynccontextmanager
    async def zygote(inner: str) -> AsyncIterator[None]:
        """Says once which workers there are."""
        left = asyncio.Event()

        async def name(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            listed = [{"id": f"w{n}", "port": port, "state": "idle"} for n, port in enumerate(ports, start=1)]
            writer.write(json.dumps({"type": "workers", "workers": listed}).encode() + b"\n")
            while await reader.read(4096):
                pass
            writer.close()
            await writer.wait_closed()
            left.set()

        listening = await asyncio.start_unix_server(name, directory / "z.sock")
        yield
        async with asyncio.timeout(10):
            await left.wait()
        listening.close()
        await listening.wait_closed()

    return zygote


@contextlib.asynccontextmanager
async def porch(
    directory: Path,
    worker_ports: tuple[int, ...] = (),
    *,
    host: str = "127.0.0.3",
    trunk: str = "127.0.0.2",
    limits: Limits | None = None,
    calls_per_s: float = 100.0,
    workers: Workers | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Porch]:
    """A serving front whose workers listen on ``worker_ports`` of 127.0.0.1, or are what ``workers(inner)`` starts."""
    sockets = Sockets(*bind_outer(host, 0), bind_inner())
    clock = clock or SystemClock()
    trunks = Trunks((TrunkSettings(name="trunk", networks=(trunk,), calls_per_s=calls_per_s),))
    access = Access("callfloor", "callfloor", host, {"anna": SECRET}, trunks, None, calls_per_s, limits or Limits())
    routing = Routing(KEY, sockets.outer_address, sockets.inner_address)
    proxy = Proxy(Switchboard(Pool(MOST), routing, 1000), access, KEY, clock.monotonic())
    async with (workers or _named(directory, worker_ports))("{}:{}".format(*sockets.inner_address)):
        ready = asyncio.Event()
        place = Porch(sockets, proxy)
        front = FrontServer(proxy, sockets, directory / "z.sock", clock, place.worker_ended)
        running = asyncio.create_task(front.run(ready.set))
        try:
            async with asyncio.timeout(10):
                await ready.wait()
            yield place
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
