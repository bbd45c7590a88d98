"""Customer, front and station on three addresses: what SIP says of them, and that each uses its own and no other."""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast as cast_to

import psutil
import pytest

from assist.demo.stage import CUSTOMER_HOST, FRONT_HOST, STATION_HOST, Cast
from assist.vocabulary import COMMANDS, EVENTS
from ivr.contact_commands import ConnectAgent
from ivr.contacts import ContactQueued, PromptStarted
from tests.fakes.sip_peer import SipPeer
from tests.scenarios.theatre import contact_of, happened, on_stage, service, worker_pid
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.front.digest import digest_response, parse_credentials
from voice.front.message import Request, Response

pytestmark = pytest.mark.live

TELEPHONE_EVENT = 101
BEN = '\n[[agent]]\nuser = "ben"\nname = "Ben"\nsecret = "open sesame"\n'


def test_each_side_sends_from_its_own_address_and_hears_the_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with on_stage(tmp_path) as cast:
            await cast.connect()
            seen = cast.seen
            heard = dict(seen.heard_s)
            await cast.talk([0, 9])
            await seen.until(lambda: all(seen.heard_s[party] > heard[party] for party in heard), "both to hear")
            assert _udp_hosts(cast.customer.process.pid) == {CUSTOMER_HOST}
            # its relay and its audio face the network; pjsua2's SIP socket is on loopback, behind the relay
            assert _udp_hosts(cast.agent.process.pid) == {STATION_HOST, "127.0.0.1"}
            assert _udp_hosts(service(cast, "front")) == {FRONT_HOST, "127.0.0.1"}
            assert _udp_hosts(worker_pid(cast, seen.contact_id)) == {FRONT_HOST, "127.0.0.1"}
            await cast.hang_up()

    asyncio.run(main())


def _udp_hosts(pid: int) -> set[str]:
    return {connection.laddr.ip for connection in psutil.Process(pid).net_connections("udp4") if connection.laddr}


def test_what_both_far_ends_are_told_to_send_to(tmp_path: Path) -> None:
    """The same call on raw sockets: the front stays on the route, audio goes to the worker's ports, nothing inner
    leaves.
    """

    async def main() -> None:
        async with (
            on_stage(tmp_path, more=BEN) as cast,
            SipPeer.open(CUSTOMER_HOST) as customer,
            SipPeer.open(STATION_HOST) as station,
            Ear.open(CUSTOMER_HOST) as ear,
        ):
            assert (await _register(station, cast)).status == 200
            answer = await _call(customer, ear, cast)
            audio = _audio_address(answer.body.decode())
            assert await ear.source() == audio, "audio comes from where it is to be sent to"
            _check_route(answer.headers.all("Record-Route")[-1], cast)
            await cast.seen.until(lambda: bool(happened(cast, contact_of(cast, "peer"), PromptStarted)), "the menu")
            ear.press(1, audio)
            invite = await _ring(station, cast)
            assert _audio_address(invite.body.decode()) != audio
            _check_route(invite.headers.all("Record-Route")[0], cast)
            assert invite.uri == station.uri
            assert (invite.headers.get("X-Callfloor-Contact") or "") == contact_of(cast, "peer")
            await station.next_request("ACK")
            customer.send(customer.within(answer, "BYE", 2), cast.house.addresses.sip)
            assert (await customer.final()).status == 200
            bye = await station.next_request("BYE")
            assert bye.call_id == invite.call_id

    asyncio.run(main())


async def _register(station: SipPeer, cast: Cast) -> Response:
    async def attempt(cseq: int, **extra: str) -> Response:
        request = station.request("REGISTER", "sip:callfloor", "reg-ben", cseq, user="ben", **extra)
        headers = request.headers.put("To", "<sip:ben@callfloor>")
        station.send(replace(request, headers=headers), cast.house.addresses.sip)
        return await station.final()

    challenge = await attempt(1)
    fields = parse_credentials(challenge.headers.all("WWW-Authenticate")[0])
    fields |= {"username": "ben", "uri": "sip:callfloor", "nc": "00000001", "cnonce": "c0ffee"}
    fields["response"] = digest_response(fields, "REGISTER", "open sesame")
    quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items() if name not in ("nc", "qop"))
    return await attempt(2, Authorization=f"Digest {quoted}, nc=00000001, qop=auth", Expires="300")


async def _call(customer: SipPeer, ear: Ear, cast: Cast) -> Response:
    """The customer is answered, and acknowledges."""
    invite = customer.request("INVITE", "sip:100@callfloor", "raw-1")
    host, port = ear.address
    body = invite.body.replace(b"127.0.0.1", host.encode()).replace(b"40000", str(port).encode())
    customer.send(replace(invite, body=body), cast.house.addresses.sip)
    answer = await customer.final()
    assert answer.status == 200
    customer.send(customer.within(answer, "ACK", 1), cast.house.addresses.sip)
    return answer


async def _ring(station: SipPeer, cast: Cast) -> Request:
    """The contact is given to Ben: what his station is sent."""
    await cast.seen.until(lambda: bool(happened(cast, contact_of(cast, "peer"), ContactQueued)), "the queue")
    bus = LocalBus(cast.house.where.hub, "test", SystemClock(), EVENTS, COMMANDS, cast.house.where.spool)
    await bus.start()
    try:
        command = ConnectAgent("ben", "sip:ben@callfloor", "lease", 15.0)
        await bus.request(f"contact.{contact_of(cast, 'peer')}", command)
    finally:
        await bus.close()
    return await station.next_request("INVITE")


def _audio_address(sdp: str) -> tuple[str, int]:
    """RFC 4566: audio goes to the address of [rtp] and to a port of its range; the codecs are ours."""
    hosts = re.findall(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)
    ((port, _),) = re.findall(r"^m=audio (\d+) RTP/AVP ([\d ]+)", sdp, re.MULTILINE)
    codecs = set(re.findall(r"^a=rtpmap:\d+ ([\w-]+)/", sdp, re.MULTILINE))
    assert set(hosts) == {FRONT_HOST}
    assert int(port) in range(20000, 20000 + 8 * 32)
    assert "telephone-event" in codecs <= {"PCMU", "PCMA", "G722", "telephone-event"}
    return FRONT_HOST, int(port)


def _check_route(nearest: str, cast: Cast) -> None:
    """The Record-Route next to a far end: the front's outer address, as a loose router (RFC 3261 16.6, RFC 5658)."""
    assert nearest.startswith(f"<sip:{FRONT_HOST}:{cast.house.addresses.sip[1]};lr;")


class Ear(asyncio.DatagramProtocol):
    """A bare RTP socket."""

    def __init__(self) -> None:
        self._first: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.DatagramTransport | None = None
        self.address = ("", 0)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, host: str) -> AsyncIterator[Ear]:
        transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=(host, 0))
        try:
            yield ear
        finally:
            transport.abort()
            await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast_to(asyncio.DatagramTransport, transport)
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._first.done() and data[0] == 0x80:
            self._first.set_result(addr)

    async def source(self) -> tuple[str, int]:
        """Where the first packet came from."""
        async with asyncio.timeout(15):
            return await self._first

    def press(self, digit: int, to: tuple[str, int]) -> None:
        """A telephone-event (RFC 4733): 100 ms, its end said three times."""
        assert self._transport is not None
        for number, (end, duration) in enumerate([(0, 160), (0, 480), (0x80, 800), (0x80, 800), (0x80, 800)]):
            marker = 0x80 if number == 0 else 0
            header = struct.pack("!BBHII", 0x80, marker | TELEPHONE_EVENT, 1000 + number, 160, 0xCA11)
            self._transport.sendto(header + struct.pack("!BBH", digit, end | 10, duration), to)
