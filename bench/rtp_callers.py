"""Callers of ``bench.floor``: many telephones in one asyncio process, each one SIP dialog and one RTP stream (PCMU,
20 ms packets of a recorded leg), noting when each packet from the other side came.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import struct
from dataclasses import dataclass, field, replace
from typing import cast

from tests.fakes.sip_peer import SipPeer
from voice.front.message import Response

PACKET_S = 0.02
SAMPLES = 160
_HEADER = struct.Struct("!BBHII")
_HOST, _PORT = re.compile(rb"^c=IN IP4 (\S+)", re.MULTILINE), re.compile(rb"^m=audio (\d+) ", re.MULTILINE)


@dataclass
class Heard:
    """What came in on one stream. ``at``: seconds of the loop's clock; ``sequence``: of RTP, 0..65535, as it came;
    ``late``: seconds by which each of our own packets left after its time (the load of this process, not the house's).
    """

    at: list[float] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew."""
        self.at.clear()
        self.sequence.clear()
        self.late.clear()

    @property
    def gaps(self) -> list[float]:
        """Seconds between packets that follow each other."""
        return [after - before for before, after in itertools.pairwise(self.at)]

    @property
    def missing(self) -> int:
        """Packets of the sequence that never came."""
        steps = [(after - before) & 0xFFFF for before, after in itertools.pairwise(self.sequence)]
        return sum(step - 1 for step in steps if 1 < step < 0x8000)


class Stream(asyncio.DatagramProtocol):
    """One RTP socket."""

    def __init__(self) -> None:
        self.heard = Heard()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is known from now on."""
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Note it; RTP of version 2 only."""
        if len(data) > _HEADER.size and data[0] >> 6 == 2:
            self.heard.at.append(self._loop.time())
            self.heard.sequence.append(_HEADER.unpack_from(data)[2])

    async def speak(self, address: tuple[str, int], sound: bytes, ssrc: int) -> None:
        """Send ``sound`` (mu-law, 8 kHz) over and over until cancelled."""
        began = self._loop.time()
        for number in itertools.count():
            due = began + number * PACKET_S
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            self.heard.late.append(self._loop.time() - due)
            at = number * SAMPLES % (len(sound) - SAMPLES)
            header = _HEADER.pack(0x80, 0, number & 0xFFFF, number * SAMPLES & 0xFFFFFFFF, ssrc)
            self.transport.sendto(header + sound[at : at + SAMPLES], address)


def sdp(host: str, port: int) -> bytes:
    """PCMU, to be sent there."""
    head = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    return f"{head}m=audio {port} RTP/AVP 0\r\n".encode()


def stream_address(body: bytes) -> tuple[str, int]:
    """Where the SDP ``body`` wants its sound."""
    host, port = _HOST.search(body), _PORT.search(body)
    assert host is not None
    assert port is not None
    return host[1].decode(), int(port[1])


class Caller:
    """One customer: ``call``, then ``hang_up``."""

    def __init__(self, peer: SipPeer, front: tuple[str, int], stream: Stream, number: int) -> None:
        self._peer = peer
        self._front = front
        self._answer: Response | None = None
        self._number = number
        self.stream = stream
        self._speaking: asyncio.Task[None] | None = None

    async def call(self, sound: bytes) -> None:
        """Returns when the house has answered and sound goes both ways. Raises SystemExit where it refuses."""
        host = self._peer.address[0]
        user = f"+120255501{self._number:02}"
        invite = self._peer.request("INVITE", "sip:100@callfloor", f"bench{self._number}", user=user)
        self._peer.send(replace(invite, body=sdp(host, self.stream.port)), self._front)
        self._answer = await self._peer.final()
        if self._answer.status != 200:
            raise SystemExit(f"call {self._number}: {self._answer.status} {self._answer.reason}")
        self._peer.send(self._peer.within(self._answer, "ACK", 1), self._front)
        there = stream_address(self._answer.body)
        self._speaking = asyncio.create_task(self.stream.speak(there, sound, 1000 + self._number))

    async def hang_up(self) -> None:
        """BYE and its answer."""
        assert self._answer is not None
        assert self._speaking is not None
        self._speaking.cancel()
        self._peer.send(self._peer.within(self._answer, "BYE", 2), self._front)
        await self._peer.final()
        await asyncio.gather(self._speaking, return_exceptions=True)
