"""What waits in the sockets while no front is there is read once the workers are known, and not before."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from tests.fakes.sip_peer import SipPeer
from tests.front.desk import Desk
from voice.clock import SystemClock
from voice.front.server import FrontServer, Sockets, bind_inner, bind_outer

WORKERS = json.dumps({"type": "workers", "workers": [{"id": "w1", "port": 40000, "state": "busy"}]}).encode() + b"\n"
DEADLINE_S = 10.0


@pytest.mark.live
def test_nothing_is_answered_before_the_zygote_has_named_its_workers(tmp_path: Path) -> None:
    async def main() -> None:
        asked, tell, left = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def zygote(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await tell.wait()
            writer.write(WORKERS)
            await reader.read()
            writer.close()
            await writer.wait_closed()
            left.set()

        listening = await asyncio.start_unix_server(zygote, tmp_path / "z.sock")
        desk = Desk(workers=0)
        sockets = Sockets(*bind_outer("127.0.0.3", 0), bind_inner())
        front = FrontServer(desk.proxy, sockets, tmp_path / "z.sock", SystemClock())
        ready = asyncio.Event()
        async with SipPeer.open("127.0.0.2") as peer:
            address = sockets.outer_address
            peer.send(peer.request("OPTIONS", "sip:callfloor", "waiting"), address)
            running = asyncio.create_task(front.run(ready.set))
            async with asyncio.timeout(DEADLINE_S):
                await asked.wait()
                assert not ready.is_set()
                assert _unread(sockets.udp)
                tell.set()
                assert (await peer.final()).status == 200
                await ready.wait()
                assert desk.proxy.workers == {"w1"}
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await left.wait()
        listening.close()
        await listening.wait_closed()

    asyncio.run(main())


def _unread(bound: socket.socket) -> bytes:
    return bound.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
