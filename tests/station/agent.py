"""A whole station with a simulated headset in a process of its own, driven by lines on stdin: ``python -m
tests.station.agent HOST [SERVER CA]``. With a server (``tls://HOST:PORT``) it is ``anna`` there, through a relay.

With PULSE_SERVER in the environment its sound is that server's.
With CALLFLOOR_TEST_PBX it is an extension of a PBX (two lines, hold and transfer of its own; TONES[3] is its music);
where that is ``captured`` its taps are ears as well, whose lines say which (``"tap": "caller"``).
Lines in: ``hook``, ``mute`` (the headset's keys), ``speak [SECONDS]`` (five of TONE into the microphone, or so many),
``ask VERB [ARGUMENT]``, ``move HOST`` (our own address changes). JSON lines out:
``{"sip": uri}`` first, then ``{"state": {...}, "lights": [...]}`` at each change and ``{"heard": [amplitude, ...]}`` of
TONES for each half second in the ear.
"""

from __future__ import annotations

import array
import asyncio
import itertools
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hardware.audio.engine import SimulatedSoundCard, SoundDevice
from hardware.audio.pulse import PulseDevice
from hardware.headset import Headset
from hardware.simulator import SimulatedHeadset
from tests.sip.ends import TONES, Tone, goertzel
from voice.audio import AudioFrame, AudioSink
from voice.clock import SystemClock
from voice.phone import Phone, PhoneConfig, PhoneListener, SipAccount
from voice.relay.core import Server
from voice.relay.phone import RelayedPhone
from voice.relay.wire import client_tls
from voice.sip import SipPhone
from voice.station import Station
from voice.station_contacts import Kept
from voice.station_link import NoFloor, state_message
from voice.station_messages import FloorCommand
from voice.station_state import CallLine, StationPolicy
from voice.station_taps import PARTIES, OnKept

RATE = 8000
SPEAKS = TONES[1]


_one_line = threading.Lock()  # the card's thread, the media thread and the loop all have something to say


def say(message: dict[str, Any]) -> None:
    with _one_line:
        print(json.dumps(message), flush=True)


class Ear:
    """Gathers half seconds, on the card's thread. ``which``: said with each."""

    def __init__(self, **which: str) -> None:
        self._samples = array.array("h")
        self._which = which

    def __call__(self, block: bytes) -> None:
        self._samples.frombytes(block)
        if len(self._samples) >= RATE // 2:
            heard, self._samples = self._samples, array.array("h")
            say({"heard": [round(goertzel(heard, hz, RATE)) for hz in TONES], **self._which})

    def write(self, frame: AudioFrame) -> None:
        self(frame.pcm)


class Taps:
    """Who listens to what is captured."""

    def begun(self, line: CallLine) -> Mapping[str, AudioSink]:
        return {party: Ear(tap=party) for party in PARTIES}

    def ended(self, line: CallLine, kept: OnKept) -> None:
        kept(Kept())


class AnnouncingPhone(SipPhone):
    """Says where it can be called."""

    async def start(self) -> tuple[str, int]:
        host, port = await super().start()
        say({"sip": f"sip:anna@{host}:{port}"})
        return host, port


class Told:
    """Our own address is what the test says."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.news: asyncio.Queue[str] = asyncio.Queue()

    async def current(self) -> str:
        return self._host

    async def changes(self, last: str) -> AsyncIterator[str]:
        while True:
            yield await self.news.get()


def phone(listener: PhoneListener, host: str, told: Told, server: str = "", ca: str = "") -> Phone:
    config = PhoneConfig(host=host, rtp_host=host, replaceable="CALLFLOOR_TEST_PBX" in os.environ)
    if os.environ.get("CALLFLOOR_TEST_SRTP") == "mandatory":
        config = replace(config, srtp="mandatory")
    clock = SystemClock()
    if not server:
        return AnnouncingPhone(config, listener, clock)
    tls = client_tls(Path(ca)) if ca else None
    return RelayedPhone(
        lambda inner, listen: AnnouncingPhone(inner, listen, clock),
        config,
        Server.parse(server),
        listener,
        clock,
        tls=tls,
        addresses=told,
    )


async def main(host: str, *server: str) -> None:
    clock, music, numbers, told = SystemClock(), Tone(TONES[3], RATE), itertools.count(), Told(host)
    buttons, simulated = SimulatedHeadset(), SimulatedSoundCard(RATE, Ear())
    card: SoundDevice = PulseDevice(RATE) if "PULSE_SERVER" in os.environ else simulated
    account = SipAccount("sip:anna@callfloor", user="anna", secret="open sesame", register=True)
    pbx = os.environ.get("CALLFLOOR_TEST_PBX", "")
    station = Station(
        lambda listener: phone(listener, host, told, *server),
        lambda intent, trouble: Headset(card, buttons, clock, intent, trouble),
        NoFloor(),
        policy=StationPolicy(lines=2, sip_calls=True, capture=pbx == "captured") if pbx else None,
        music=music.read(RATE) or b"",
        capture=Taps() if pbx == "captured" else None,
    )
    reader = asyncio.StreamReader()
    pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    tasks = [
        asyncio.create_task(station.run(account if server else None)),
        asyncio.create_task(watch(station, buttons)),
    ]
    async for line in reader:
        match line.decode().split():
            case ["hook"]:
                buttons.press_hook()
            case ["mute"]:
                buttons.press_mute()
            case ["move", address]:
                told.news.put_nowait(address)
            case ["ask", verb, *argument]:
                reply = station.command(FloorCommand(f"ask-{next(numbers)}", verb, argument="".join(argument)))
                say({"asked": verb, "ok": reply.ok, "reason": reply.reason})
            case ["speak", *seconds]:
                tone = Tone(SPEAKS, RATE)
                simulated.speak((tone.read(RATE) or b"") * int("".join(seconds) or 5))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    pipe.close()


async def watch(station: Station, buttons: SimulatedHeadset) -> None:
    async for state in station.changes():
        say({"state": state_message(state), "lights": sorted(buttons.lights)})


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)  # facts of pjsua2: after libDestroy, end at once
