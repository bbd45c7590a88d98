"""What waits in the sockets while no front is there is taken up once the workers are known, and not before."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.sip_peer import SipPeer
from tests.front.desk import Desk
from voice.clock import SystemClock
from voice.front.flows import Flow, Side
from voice.front.message import Request
from voice.front.routing import Ends
from voice.front.server import FrontServer
from voice.front.sockets import Sockets, bind_inner, bind_outer

DEADLINE_S = 10.0


@pytest.mark.live
def test_a_bye_that_came_between_two_fronts_reaches_its_worker(tmp_path: Path) -> None:
    async def main() -> None:
        problems: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
        asked, tell, left = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def zygote(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await tell.wait()
            listed = [{"id": "w1", "port": worker.address[1], "state": "busy"}]
            writer.write(json.dumps({"type": "workers", "workers": listed}).encode() + b"\n")
            await reader.read()
            writer.close()
            await writer.wait_closed()
            left.set()

        listening = await asyncio.start_unix_server(zygote, tmp_path / "z.sock")
        desk = Desk(workers=0)
        sockets = Sockets(*bind_outer("127.0.0.3", 0), bind_inner())
        front = FrontServer(desk.proxy, sockets, tmp_path / "z.sock", SystemClock())
        ready = asyncio.Event()
        async with SipPeer.open("127.0.0.2") as peer, SipPeer.open("127.0.0.1") as worker:
            peer.send(_bye(desk, peer, worker), sockets.outer_address)
            running = asyncio.create_task(front.run(ready.set))
            async with asyncio.timeout(DEADLINE_S):
                await asked.wait()
                assert not ready.is_set()
                assert _unread(sockets.udp)
                tell.set()
                assert (await worker.next_request("BYE")).call_id == "running"
                assert (await peer.final()).status == 200
                await ready.wait()
                assert desk.proxy.workers == {"w1"}
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await left.wait()
        listening.close()
        await listening.wait_closed()
        assert not problems

    asyncio.run(main())


def _bye(desk: Desk, customer: SipPeer, worker: SipPeer) -> Request:
    """Of a call the front before this one carried: its token says where the call is."""
    ends = Ends("w1", Flow(Side.INNER, *worker.address), Flow(Side.OUTER, *customer.address))
    bye = customer.request("BYE", "sip:100@callfloor", "running", 2)
    headers = bye.headers.put("To", "<sip:100@callfloor>;tag=of-the-worker")
    routes = desk.board.routing.record_routes("running", ends, Side.OUTER)
    return replace(bye, headers=headers.push("Route", *routes))


def _unread(bound: socket.socket) -> bytes:
    return bound.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
