"""The live half of ``bench.station``: a station whose headset is on a real sound server, a pulse each way in turn.

``mic_to_rtp_ms``: from the moment a sample is at the virtual microphone (a listener of the bench's own hears it there)
to the moment it is played by someone who plays each RTP packet as it comes. ``rtp_to_ear_ms``: from the moment it would
be so played to the moment it sounds on the ear, less what the server takes for a program that plays straight into that
ear, which is ``server_ms``. ``far_end_late_ms``: how late the bench's own packets left, for which the jitter
buffer waits; ``load``: the machine's, at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import psutil

from bench.figures import spread
from hardware.audio.drift import HASTE_S
from hardware.audio.pulse import PulseDevice
from hardware.errors import SoundError
from tests.fakes.sip_peer import SipPeer
from tests.fakes.virtual_headset import EAR, MICROPHONE, MOUTH, virtual_headset
from tests.station.process import StationProcess, phase
from transcription.g711 import MU_LAW, decode
from voice.front.message import Response

RATE: Final = 8000
PACKET_S: Final = 0.02
HOST, STATION = "127.0.0.2", "127.0.0.4"
SETTLE_S: Final = HASTE_S + 20.0
"""By then the rings know both clocks and how late blocks come."""

EVERY_S: Final = 0.6
"""Between pulses of one kind; the three kinds follow each other at a third of it, so that none is taken for another."""

LOST_S: Final = EVERY_S / 3 - 0.01
LOUD: Final = 4000
PULSE: Final = np.repeat(np.array([16000, -16000] * 5, np.int16), 4).tobytes()  # 5 ms of 1 kHz
MU_PULSE: Final = (b"\x90" * 4 + b"\x10" * 4) * 5
Told = Callable[[float], None]
_RTP: Final = struct.Struct("!BBHII")
_PORT: Final = re.compile(rb"^m=audio (\d+) ", re.MULTILINE)


@dataclass
class Watch:
    """Of one kind of pulse: when the last one went in (monotonic seconds), and how long each took."""

    went: float = 0.0
    delays: list[float] = field(default_factory=list)

    def out(self, at: float) -> None:
        """Something loud came out: the last pulse, where it has not come out yet and may be."""
        if self.went and 0 <= at - self.went < LOST_S:
            self.delays.append(at - self.went)
            self.went = 0.0


class Player:
    """Plays pulses into one end of the server, hears another; on the server's thread. ``heard`` gets the time at which
    the first loud sample of a block was there, ``played`` that at which the first of a pulse was handed over.
    """

    def __init__(self, played: Told, heard: Told) -> None:
        self._played, self._heard = played, heard
        self._wanted = False

    def pulse(self) -> None:
        """Play one with the next block."""
        self._wanted = True

    def playback(self, samples: int) -> bytes:
        """See PlaybackCallback."""
        if not self._wanted:
            return bytes(2 * samples)
        self._wanted = False
        self._played(time.monotonic())
        return PULSE[: 2 * samples].ljust(2 * samples, b"\0")

    def capture(self, pcm: bytes) -> None:
        """See CaptureCallback."""
        first = first_loud(pcm)
        if first is not None:
            self._heard(time.monotonic() - (len(pcm) // 2 - first) / RATE)

    @contextlib.asynccontextmanager
    async def on(self, ear: str, microphone: str) -> AsyncIterator[None]:
        """Between these devices."""
        device = PulseDevice(RATE, microphone, ear)
        await device.start(self.capture, self.playback, _gone)
        try:
            yield
        finally:
            await device.stop()


def milliseconds(seconds: Sequence[float], less: float = 0.0) -> dict[str, float | None]:
    """``less`` seconds."""
    return spread([1000 * (each - less) for each in seconds])


def _gone(error: SoundError) -> None:
    raise SystemExit(f"the sound server: {error}")


def first_loud(pcm: bytes) -> int | None:
    """Which sample of the int16 ``pcm`` is the first loud one."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > LOUD)
    return int(loud[0]) if len(loud) else None


class FarEnd(asyncio.DatagramProtocol):
    """The other party's RTP: a packet every 20 ms, some with a pulse; ``sent`` and ``heard`` are told when a pulse went
    or came, as of a sample that is played as its packet comes.
    """

    def __init__(self, sent: Told, heard: Told) -> None:
        self._sent, self._heard = sent, heard
        self._wanted = False
        self.late: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is known."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Listen to PCMU."""
        now = time.monotonic()
        first = first_loud(decode(data[_RTP.size :], MU_LAW)) if data[1] & 0x7F == 0 else None
        if first is not None:
            self._heard(now + first / RATE)

    def pulse(self) -> None:
        """With the next packet."""
        self._wanted = True

    async def speak(self, there: tuple[str, int]) -> None:
        """Until cancelled."""
        began = time.monotonic()
        for number in itertools.count():
            due = began + number * PACKET_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.late.append(time.monotonic() - due)
            sound = b"\xff" * 160
            if self._wanted:
                self._wanted = False
                sound = MU_PULSE.ljust(160, b"\xff")
                self._sent(time.monotonic())
            self._transport.sendto(_RTP.pack(0x80, 0, number & 0xFFFF, number * 160, 1) + sound, there)


@contextlib.asynccontextmanager
async def connected(station: StationProcess, far: FarEnd) -> AsyncIterator[None]:
    """A call to ``station``, answered with the hook key, with RTP both ways."""
    uri = (await station.until(lambda message: "sip" in message))["sip"]
    there = uri.partition("@")[2].partition(":")
    async with SipPeer.open(HOST) as peer:
        invite = peer.request("INVITE", uri, "bench-station")
        body = f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio {far.port} RTP/AVP 0\r\n"
        peer.send(replace(invite, body=body.encode()), (there[0], int(there[2])))
        await station.until(phase("ringing", ["ring", "ringer"]))
        station.press("hook")
        answer: Response = await peer.final()
        peer.send(peer.within(answer, "ACK", 1), (there[0], int(there[2])))
        port = _PORT.search(answer.body)
        assert port is not None
        speaking = asyncio.create_task(far.speak((STATION, int(port[1]))))
        try:
            await station.until(phase("in_call", ["off_hook"]))
            yield
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
            peer.send(peer.within(answer, "BYE", 2), (there[0], int(there[2])))
            await peer.final()


async def measure(seconds: float) -> dict[str, Any]:
    """What one call's pulses took."""
    mouth, ear, server = Watch(), Watch(), Watch()

    def on_ear(at: float) -> None:
        (ear if ear.went > server.went else server).out(at)

    def at_mouth(at: float) -> None:
        mouth.went = at

    def set_server(at: float) -> None:
        server.went = at

    def set_ear(at: float) -> None:
        ear.went = at

    speaker, listener = Player(lambda _at: None, at_mouth), Player(set_server, on_ear)
    with tempfile.TemporaryDirectory(prefix="bench-station-") as name:
        async with virtual_headset(Path(name)) as headset:
            os.environ.update(headset.environment)
            loop = asyncio.get_running_loop()
            _, far = await loop.create_datagram_endpoint(lambda: FarEnd(set_ear, mouth.out), local_addr=(HOST, 0))
            station = await StationProcess.open(STATION, environment=headset.environment)
            async with speaker.on(MOUTH, MICROPHONE), listener.on(EAR, f"{EAR}.monitor"), connected(station, far):
                await asyncio.sleep(SETTLE_S)
                process = psutil.Process(station.pid)
                before, began = sum(process.cpu_times()[:2]), time.monotonic()
                while time.monotonic() - began < seconds:
                    for kind in (speaker, far, listener):
                        kind.pulse()
                        await asyncio.sleep(EVERY_S / 3)
                cpu = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)
            await station.shut()
    return {
        "pulses": [len(watch.delays) for watch in (mouth, ear, server)],
        "mic_to_rtp_ms": milliseconds(mouth.delays),
        "rtp_to_ear_ms": milliseconds(ear.delays, float(np.median(server.delays))),
        "server_ms": milliseconds(server.delays),
        "far_end_late_ms": milliseconds(far.late),
        "load": round(os.getloadavg()[0], 1),
        "cpu_percent": round(100 * cpu, 1),
    }
