"""A carrier's call over a TCP connection that is gone: what is to be said goes over a new one, to trunks alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.front.desk import Desk
from voice.clock import SystemClock
from voice.front.access import Access
from voice.front.connections import Connection
from voice.front.dialogs import REASON, Dialog, Phase
from voice.front.flows import Flow, Side
from voice.front.framing import StreamFramer
from voice.front.grammar import parse_name_addr
from voice.front.logbook import UNSEEN_CSEQ
from voice.front.message import Headers, Request, parse, respond
from voice.front.outgoing import Outgoing, next_hop
from voice.front.server import FrontServer
from voice.front.sockets import Sockets, bind_inner, bind_outer
from voice.front.trunks import Trunks, TrunkSettings

CARRIER, FRONT, DEADLINE_S = "127.0.0.2", "127.0.0.3", 15.0


def bye(uri: str, *routes: str) -> Request:
    request = Desk().request("BYE", Flow(Side.OUTER, CARRIER, 5060), "c-1", uri=uri)
    return replace(request, headers=Headers([*request.headers, *(("Route", route) for route in routes)]))


@pytest.mark.parametrize(
    ("request_uri", "routes", "hop"),
    [
        ("sip:bob@192.0.2.9:5080;transport=tcp", (), ("192.0.2.9", 5080)),
        ("sip:bob@192.0.2.9", (), ("192.0.2.9", 5060)),
        ("sip:bob@[2001:db8::9]:5070", (), ("2001:db8::9", 5070)),
        ("sip:bob@192.0.2.9", ("<sip:192.0.2.1:5090;lr>", "<sip:192.0.2.2;lr>"), ("192.0.2.1", 5090)),
        ("sip:bob@carrier.example", (), None),
    ],
)
def test_the_next_hop(request_uri: str, routes: tuple[str, ...], hop: tuple[str, int] | None) -> None:
    assert next_hop(bye(request_uri, *routes)) == hop


def old_call(port: int, call_id: str) -> Dialog:
    """As the logbook of the front before has it: over the connection 7 of that front."""
    return Dialog(
        call_id,
        inbound=True,
        far=Flow(Side.OUTER, CARRIER, 40000, 7),
        far_party=parse_name_addr(f"<sip:bob@carrier>;tag=far-{call_id}"),
        worker_party=parse_name_addr("<sip:100@callfloor>;tag=worker"),
        far_target=f"sip:bob@{CARRIER}:{port};transport=tcp",
        phase=Phase.CONFIRMED,
        expires_at=0.0,
        worker_id="w1",
        worker=Flow(Side.INNER, "127.0.0.1", 21001),
        from_trunk=True,
        worker_cseq=UNSEEN_CSEQ,
        acked=True,
    )


class Carrier:
    """Listens for SIP over TCP and answers every request."""

    def __init__(self) -> None:
        self.requests: asyncio.Queue[Request] = asyncio.Queue()
        self.connections = 0
        self._ends: list[asyncio.Event] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        framer = StreamFramer()
        self._ends.append(ended := asyncio.Event())
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                for frame in framer.feed(data):
                    message = parse(frame)
                    assert isinstance(message, Request)
                    self.requests.put_nowait(message)
                    writer.write(respond(message, 200).to_bytes())
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async def left(self) -> None:
        """Until the front has closed every connection."""
        async with asyncio.timeout(DEADLINE_S):
            for ended in self._ends:
                await ended.wait()


@contextlib.asynccontextmanager
async def next_front(directory: Path, trunk: str, calls: list[Dialog]) -> AsyncIterator[Desk]:
    """A front that starts when ``calls`` of the one before have lost their workers."""

    async def zygote(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps({"type": "workers", "workers": []}).encode() + b"\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    left, ready = asyncio.Event(), asyncio.Event()
    clock = SystemClock()
    sockets = Sockets(*bind_outer(FRONT, 0), bind_inner())
    trunks = Trunks([TrunkSettings(name="carrier", networks=(trunk,))])
    desk = Desk(0, access=Access("callfloor", "callfloor", FRONT, {}, trunks), now=clock.monotonic())
    desk.proxy.restore(calls, clock.monotonic())
    async with await asyncio.start_unix_server(zygote, directory / "z.sock"):
        running = asyncio.create_task(FrontServer(desk.proxy, sockets, directory / "z.sock", clock).run(ready.set))
        try:
            async with asyncio.timeout(DEADLINE_S):
                await ready.wait()
            yield desk
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await left.wait()


@pytest.mark.live
def test_calls_whose_workers_died_while_no_front_was_there_get_their_bye_over_one_new_connection(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        carrier = Carrier()
        async with await asyncio.start_server(carrier.serve, CARRIER, 0) as server:
            port = server.sockets[0].getsockname()[1]
            calls = [old_call(port, "c-1"), old_call(port, "c-2")]
            async with next_front(tmp_path, CARRIER, calls) as desk, asyncio.timeout(DEADLINE_S):
                byes = [await carrier.requests.get() for _ in calls]
                assert {bye.call_id for bye in byes} == {"c-1", "c-2"}
                assert all((bye.method, bye.headers.get("Reason")) == ("BYE", REASON) for bye in byes)
                assert [bye.via.transport for bye in byes] == ["TCP", "TCP"]
                assert carrier.connections == 1
                assert desk.proxy.counts["sent to a closed connection"] == 0
            await carrier.left()

    asyncio.run(main())


@pytest.mark.live
def test_nobody_but_a_trunk_is_connected_to(tmp_path: Path) -> None:
    async def main() -> None:
        carrier = Carrier()
        async with await asyncio.start_server(carrier.serve, CARRIER, 0) as server:
            call = old_call(server.sockets[0].getsockname()[1], "c-1")
            async with next_front(tmp_path, "127.0.0.9", [call]) as desk:
                assert desk.proxy.counts["sent to a closed connection"] == 1
            assert carrier.connections == 0

    asyncio.run(main())


def none_lost(count: int) -> None:
    raise AssertionError(f"{count} requests lost")


class Switch:
    """A server that takes every connection."""

    def opened(self, number: int, connection: Connection) -> bool:
        return True

    def closed(self, number: int, connection: Connection) -> None:
        pass

    def received(self, data: bytes, source: Flow) -> None:
        pass


@pytest.mark.live
def test_the_next_call_goes_over_the_connection_that_was_made_while_it_is_open() -> None:
    async def main() -> None:
        carrier, made = Carrier(), list[Connection]()
        async with await asyncio.start_server(carrier.serve, CARRIER, 0) as server:
            address = server.sockets[0].getsockname()
            outgoing = Outgoing(FRONT, lambda: Connection(Switch(), 1), lambda _, each: made.append(each), none_lost)
            async with asyncio.timeout(DEADLINE_S):
                for connections in (1, 1, 2):
                    outgoing.send(bye("sip:bob@192.0.2.9"), address)
                    await carrier.requests.get()
                    assert carrier.connections == connections
                    if len(made) == 2:
                        made[0].close()
            assert made[0] is made[1] is not made[2]
            made[2].close()
            await outgoing.close()
            await carrier.left()

    asyncio.run(main())


@pytest.mark.live
def test_requests_to_a_trunk_that_does_not_listen_are_counted() -> None:
    async def main() -> None:
        lost = asyncio.get_running_loop().create_future()
        outgoing = Outgoing(FRONT, pytest.fail, lambda call_id, connection: pytest.fail(call_id), lost.set_result)
        with socket.socket() as bound:  # and not listening
            bound.bind((CARRIER, 0))
            for _ in range(2):
                outgoing.send(bye("sip:bob@192.0.2.9"), bound.getsockname())
            async with asyncio.timeout(DEADLINE_S):
                assert await lost == 2
        await outgoing.close()

    asyncio.run(main())
