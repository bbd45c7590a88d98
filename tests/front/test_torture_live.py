"""Floods of mutants against a real front with real SIP stacks behind it and live calls up."""

from __future__ import annotations

import array
import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import psutil
import pytest

from tests.fakes.sip_peer import SDP, SipPeer
from tests.front.house import House, ends, house, zygote
from tests.front.mutation import mutant, passing
from tests.front.porch import MOST, porch
from tests.front.speaker import STAY
from tests.front.test_rfc4475 import tortures
from tests.sip.ends import AUDIBLE, TONES, goertzel
from voice.front.guard import Limits
from voice.front.message import Headers, Request, Response

pytestmark = pytest.mark.live

FLOOD = 20_000
IN_DIALOG = 330  # mutants per call and method, see KINDS
NEW_CALLS = 40
CALLS = 2
BATCH = 30
ENOUGH = 2000
SPEAKER = "tests.front.speaker:speaks"
PACKETS = 100  # two seconds of 20 ms
GROWTH = 8 << 20  # bytes a process may grow by, from the first quarter of the flood to its end
KINDS = {"INFO": "application/dtmf-relay", "MESSAGE": "text/plain", "NOTIFY": "message/sipfrag", "OPTIONS": ""}


class Ear(asyncio.DatagramProtocol):
    """A customer's RTP socket: sequence numbers and sound, as they came."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.last = b""
        self.heard = asyncio.Event()
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) == 172 and data[1] & 0x7F == 0:
            self.numbers.append(int.from_bytes(data[2:4], "big"))
            self.last = data[12:]
            self.heard.set()

    async def more(self, packets: int) -> None:
        """Wait for that many packets from now on."""
        goal = len(self.numbers) + packets
        async with asyncio.timeout(20):
            while len(self.numbers) < goal:
                self.heard.clear()
                await self.heard.wait()


@dataclass
class Live:
    """One call that is up, with its sound."""

    peer: SipPeer
    ear: Ear
    answer: Response
    cseq: itertools.count[int] = field(default_factory=lambda: itertools.count(2))

    def within(self, method: str) -> Request:
        request = self.peer.within(self.answer, method, next(self.cseq))
        if kind := KINDS.get(method):
            body = b"Signal=5\r\nDuration=160\r\n" if method == "INFO" else b"SIP/2.0 200 OK\r\n"
            request = replace(request, headers=Headers([*request.headers, ("Content-Type", kind)]), body=body)
        return request

    async def undisturbed(self) -> None:
        """Every packet since the beginning, in order, and still the tone."""
        await self.ear.more(5)
        steps = {(b - a) % 65536 for a, b in itertools.pairwise(self.ear.numbers)}
        assert steps == {1}
        assert self._sounds()

    async def begun(self) -> None:
        """Its tone has come: the worker sends silence until it has heard of the ACK."""
        async with asyncio.timeout(20):
            while not self._sounds():
                await self.ear.more(1)

    def _sounds(self) -> bool:
        pcm = array.array("h", (_ULAW[byte] for byte in self.ear.last))
        return bool(pcm) and goertzel(pcm, TONES[0], 8000) > AUDIBLE

    async def asked(self, outer: tuple[str, int], method: str = "INFO") -> None:
        """The worker takes this one, hence has dealt with all before it."""
        request = self.within(method)
        self.peer.send(request, outer)
        async with asyncio.timeout(15):
            while (answer := await self.peer.final()).cseq != request.cseq:
                pass
        assert answer.status == 200

    async def end(self, outer: tuple[str, int]) -> None:
        await self.asked(outer, "BYE")


def _linear(byte: int) -> int:
    """G.711 mu-law."""
    byte = ~byte & 0xFF
    value = (((byte & 0x0F) << 3) + 0x84 << ((byte & 0x70) >> 4)) - 0x84
    return -value if byte & 0x80 else value


_ULAW = [_linear(byte) for byte in range(256)]


@contextlib.asynccontextmanager
async def calling(outer: tuple[str, int], name: str) -> AsyncIterator[Live]:
    loop = asyncio.get_running_loop()
    async with SipPeer.open("127.0.0.2") as peer:
        transport, ear = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.2", 0))
        try:
            live = Live(peer, ear, await call(outer, peer, name, ear.port))
            await live.begun()
            yield live
        finally:
            transport.abort()
            await asyncio.sleep(0)


async def call(outer: tuple[str, int], peer: SipPeer, name: str, rtp_port: int) -> Response:
    offer = SDP.replace(b"127.0.0.1", b"127.0.0.2").replace(b"40000", str(rtp_port).encode())
    for attempt in range(20):  # while the first workers are made, 503 after a second
        invite = peer.request("INVITE", f"sip:{STAY}@callfloor", f"{name}-{attempt}")
        peer.send(replace(invite, body=offer), outer)
        answer = await peer.final()
        if answer.status == 200:
            break
        peer.send(peer.failed_ack(answer), outer)
    assert answer.status == 200
    peer.send(peer.within(answer, "ACK", 1), outer)
    return answer


class Thrower(asyncio.DatagramProtocol):
    """Sends bytes, and does not care."""

    transport: asyncio.DatagramTransport

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, host: str) -> AsyncIterator[Thrower]:
        _, thrower = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=(host, 0))
        try:
            yield thrower
        finally:
            thrower.transport.abort()
            await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    async def throw(self, mutants: list[bytes], to: tuple[str, int]) -> None:
        """At full speed, but letting others run."""
        for start in range(0, len(mutants), 250):
            for data in mutants[start : start + 250]:
                self.transport.sendto(data, to)
            await asyncio.sleep(0)


def test_twenty_thousand_mutants_disturb_no_call(tmp_path: Path) -> None:
    """Half from nowhere, among them requests that claim to be the live calls'; half from the trunk itself."""

    async def main() -> None:
        chance = random.Random(4475)
        tortured = [torture.wire for torture in tortures()]
        async with contextlib.AsyncExitStack() as stack:
            place = await stack.enter_async_context(house(tmp_path, most=8, worker=SPEAKER))
            ended = await stack.enter_async_context(ends(tmp_path))
            calls = [await stack.enter_async_context(calling(place.outer, f"live-{n}")) for n in range(CALLS)]
            claims = [each.within(method).to_bytes() for each in calls for method in (*KINDS, "INVITE", "BYE")]
            throwers = {"127.0.0.9": [*claims, *tortured], "127.0.0.2": tortured}
            sizes = []
            for _ in range(4):
                for host, seeds in throwers.items():
                    mutants = [mutant(chance.choice(seeds), chance) for _ in range(FLOOD // 8)]
                    async with Thrower.open(host) as thrower:
                        await thrower.throw(mutants, place.outer)
                    for each in calls:
                        await each.undisturbed()
                sizes.append(_sizes(place))
            lasting = sizes[0].keys() & sizes[-1].keys()
            assert len(lasting) >= 2 + CALLS, "front, zygote, the workers of the calls"
            assert [pid for pid in lasting if sizes[-1][pid] - sizes[0][pid] >= GROWTH] == [], sizes
            await calls[0].ear.more(PACKETS)  # workers that mutants took have left by then
            async with calling(place.outer, "good") as good:
                for each in (good, *calls):
                    await each.undisturbed()
                    await each.end(place.outer)
            assert not ended

    asyncio.run(main())


def _sizes(place: House) -> dict[int, int]:
    """Bytes resident by process: front, zygote and its workers, of which some may end meanwhile."""
    found: dict[int, int] = {}
    parent = psutil.Process(place.zygote_pid)
    for process in (psutil.Process(place.front_pid), parent, *parent.children()):
        with contextlib.suppress(psutil.NoSuchProcess):
            found[process.pid] = process.memory_info().rss
    return found


def test_two_thousand_mutants_reach_workers_and_none_dies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Limits and bans off. Within calls, where a worker takes them as they come; and new calls, one after the other."""

    async def main() -> None:
        settings = tmp_path / "settings.toml"
        settings.write_text(f'[run]\nstate_dir = "{tmp_path}/state"\n[rtp]\nfirst_port = 31000\n')

        def workers(inner: str) -> contextlib.AbstractAsyncContextManager[object]:
            return zygote(tmp_path, settings, inner, most=MOST, warm=4, worker=SPEAKER)

        chance = random.Random(3261)
        async with contextlib.AsyncExitStack() as stack:
            place = await stack.enter_async_context(
                porch(tmp_path, limits=Limits(0, 0), calls_per_s=1000, workers=workers)
            )
            calls = [await stack.enter_async_context(calling(place.outer, f"live-{n}")) for n in range(CALLS)]
            before = place.proxy.counts["requests to workers"]
            for each in calls:
                for _ in range(IN_DIALOG // BATCH):
                    for seed in [each.within(method) for method in KINDS]:
                        for changed in passing([seed], chance, BATCH):
                            each.peer.send(changed, place.outer)
                    await each.asked(place.outer)
            assert place.proxy.counts["requests to workers"] - before >= ENOUGH
            reached = place.proxy.counts["requests to workers"] - before
            invite = calls[0].peer.request("INVITE", "sip:100@callfloor", "new")
            for number, changed in enumerate(passing([invite] * NEW_CALLS, chance, 1)):
                headers = changed.headers.put("Call-ID", f"new-{number}")
                calls[0].peer.send(replace(changed, headers=headers), place.outer)
                await calls[0].peer.final()
            with capsys.disabled():
                print(f" {reached} mutants within calls and {NEW_CALLS} new calls reached workers", end="")
            for each in calls:
                await each.undisturbed()
                await each.end(place.outer)
            assert not place.ended

    asyncio.run(main())
