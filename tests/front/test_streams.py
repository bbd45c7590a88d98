"""Real sockets of one front in this process: how streams are cut, held back and cut off; IPv6."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.fakes.clock import VirtualClock
from tests.fakes.sip_peer import SipPeer
from tests.front.porch import Porch, porch
from voice.front import connections
from voice.front.framing import StreamFramer
from voice.front.guard import UNPROVEN_PER_HOST, Limits
from voice.front.message import Response, parse

pytestmark = pytest.mark.live
DEADLINE_S = 15.0


def options(number: int, host: str = "127.0.0.9", transport: str = "TCP") -> bytes:
    return (
        f"OPTIONS sip:callfloor SIP/2.0\r\nVia: SIP/2.0/{transport} {host}:5060;branch=z9hG4bKo{number};rport\r\n"
        f"From: <sip:x@y>;tag=1\r\nTo: <sip:callfloor>\r\nCall-ID: o-{number}\r\nCSeq: {number} OPTIONS\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


async def answers(reader: asyncio.StreamReader, count: int) -> list[int]:
    """The CSeq numbers of ``count`` responses, all 200."""
    framer, numbers = StreamFramer(), list[int]()
    async with asyncio.timeout(DEADLINE_S):
        while len(numbers) < count:
            data = await reader.read(65536)
            assert data, "cut off"
            for frame in framer.feed(data):
                message = parse(frame)
                assert isinstance(message, Response)
                assert message.status == 200
                numbers.append(message.cseq.number)
    return numbers


async def connect(place: Porch, local: str = "127.0.0.9") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*place.outer, local_addr=(local, 0))


async def leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def test_fragments_pipelines_and_a_flood_are_all_answered_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with porch(tmp_path) as place:
            reader, writer = await connect(place)
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in options(1):
                writer.write(bytes([byte]))
                await writer.drain()
            assert await answers(reader, 1) == [1]
            writer.write(options(2) + b"\r\n" + options(3) + options(4)[:50])
            assert await answers(reader, 2) == [2, 3]
            writer.write(options(4)[50:])
            assert await answers(reader, 1) == [4]
            flood = range(5, 5 + 3 * connections.MESSAGES_AT_ONCE)
            writer.write(b"".join(map(options, flood)))
            assert await answers(reader, len(flood)) == list(flood)  # held back, nothing dropped
            await leave(writer)

    asyncio.run(main())


def test_who_proves_nothing_is_cut_off_and_holds_few_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "UNPROVEN_S", 2.0)  # long enough for all to connect before the first is cut off

    async def main() -> None:
        async with porch(tmp_path) as place:
            strangers = [await connect(place) for _ in range(UNPROVEN_PER_HOST + 1)]
            trunk = await connect(place, "127.0.0.2")
            trunk[1].write(options(1))
            assert await answers(trunk[0], 1) == [1]
            async with asyncio.timeout(DEADLINE_S):
                ends = await asyncio.gather(*(reader.read() for reader, _ in strangers), return_exceptions=True)
            assert all(end == b"" or isinstance(end, ConnectionError) for end in ends)
            assert place.proxy.counts["connections refused"] == 1
            trunk[1].write(options(2))
            assert await answers(trunk[0], 1) == [2]
            again = await connect(place)
            again[1].write(options(3))
            assert await answers(again[0], 1) == [3]
            for _, writer in (*strangers, trunk, again):
                await leave(writer)

    asyncio.run(main())


def test_a_flood_of_datagrams_is_dropped_and_its_source_banned(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            porch(tmp_path, limits=Limits(20, 60), clock=VirtualClock()) as place,
            SipPeer.open("127.0.0.9") as stranger,
            SipPeer.open("127.0.0.2") as trunk,
        ):
            for number in range(200):
                stranger.send(parse(options(number + 1, "127.0.0.9", "UDP")), place.outer)
            for number in range(100):
                trunk.send(parse(options(number + 1, "127.0.0.2", "UDP")), place.outer)
            seen = [(await trunk.final()).cseq.number for _ in range(100)]
            assert seen == list(range(1, 101))
            assert stranger.responses.qsize() == 40  # its allowance: in this front's time all came in one moment
            assert place.proxy.counts["bans"] == 1

    asyncio.run(main())


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_a_call_over_ipv6(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            SipPeer.open("127.0.0.1") as worker,
            porch(tmp_path, (worker.address[1],), host="::1", trunk="::1") as place,
            SipPeer.open("::1") as customer,
        ):
            customer.send(customer.request("INVITE", "sip:100@callfloor", "six"), place.outer)
            answer = await customer.final()
            assert answer.status == 200
            assert f"<sip:[::1]:{place.outer[1]};lr;w=" in answer.headers.all("Record-Route")[1]
            customer.send(customer.within(answer, "ACK", 1), place.outer)
            customer.send(customer.within(answer, "BYE", 2), place.outer)
            assert (await customer.final()).status == 200
            assert (await worker.next_request("BYE")).call_id == "six"

    asyncio.run(main())
