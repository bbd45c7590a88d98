"""The agent's softphone: a Phone, a Headset and a link to the floor around one ``StationCore``.

The thin driver: inputs come in on one event loop and are handled at once, in order; headset and floor are told at
once; what the phone shall do waits in one queue, since each request takes the SIP stack a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final, Literal, Protocol

from pydantic import Field, field_validator

from hardware.audio.engine import PortAudioDevice, SoundDevice
from hardware.audio.pulse import PulseDevice, pulse_is_here
from hardware.audio.ring import AudioRing
from hardware.errors import HardwareError, HidError, SoundError
from hardware.headset import Headset
from hardware.hid.callcontrol import CallState, Intent
from hardware.hid.transport import DeviceIdentity, HidapiTransport, HidTransport
from voice.audio import AudioFrame
from voice.clock import Clock
from voice.phone import Phone, PhoneConfig, PhoneError, PhoneListener, SipAccount
from voice.relay.core import Server, Transport
from voice.relay.phone import RelayedPhone
from voice.relay.wire import client_tls
from voice.settings import Section
from voice.station_core import (
    EAR,
    MIC,
    AnswerLeg,
    HangUpLeg,
    HeadsetChanged,
    PhoneEffect,
    PhoneRefused,
    ReplyToFloor,
    ReportState,
    SetPaths,
    ShowOnHeadset,
    SoundLost,
    SoundReturned,
    StationCore,
    StationInput,
    StationState,
)
from voice.station_link import FloorLink, WebsocketFloorLink, login

log = logging.getLogger(__name__)

CLOCK_RATE: Final = 8000
"""Hz of headset rings, phone sources and phone sinks of a station."""

EAR_BATCH_MS: Final = 20
PHONE_REQUESTS: Final = 256


class StationSettings(Section):
    """``[station]``: one agent's softphone.

    ``server`` is the floor's base address; ``front`` the SIP front or PBX: ``tls://HOST:PORT``, ``tcp://…``, ``udp://…``
    or HOST:PORT for UDP; ``ca`` a PEM file of who signed the front's certificate, where the system does not know.
    ``host``: the address audio and the way to the front are bound to. ``sound``: PulseAudio (or PipeWire) where it
    runs, else PortAudio; ``microphone`` and ``ear``: their names there, else the defaults when the station starts.
    ``headset``: whose buttons: ``auto`` (the first there is), ``none``, or ``VENDOR:PRODUCT[:SERIAL]``.
    """

    agent: str = Field(pattern=r"^[a-z0-9._-]{1,32}$")
    secret: str = Field(min_length=8, max_length=128, repr=False)
    server: str = "http://127.0.0.1:8080"
    front: str = "127.0.0.1:5060"
    domain: str = "callfloor"
    ca: Path | None = None
    host: str = "127.0.0.1"
    headset: str = "auto"
    sound: Literal["auto", "pulse", "portaudio"] = "auto"
    microphone: str | None = None
    ear: str | None = None

    @property
    def phone(self) -> PhoneConfig:
        """The SIP stack: SIP on loopback behind the relay, audio on ``host``, ports from the kernel."""
        return PhoneConfig(rtp_host=self.host, clock_rate=CLOCK_RATE)

    @property
    def sip_server(self) -> Server:
        """Where the relay connects to."""
        return Server.parse(self.front)

    @field_validator("front")
    @classmethod
    def _is_server(cls, value: str) -> str:
        Server.parse(value)
        return value

    @field_validator("headset")
    @classmethod
    def _is_headset(cls, value: str) -> str:
        if value not in ("auto", "none"):
            DeviceIdentity.parse(value)
        return value

    @property
    def account(self) -> SipAccount:
        """Who the softphone is to the front."""
        return SipAccount(
            uri=f"sip:{self.agent}@{self.domain}",
            user=self.agent,
            secret=self.secret,
            register=True,
        )


class StationHeadset(Protocol):
    """What a station needs of ``hardware.headset.Headset``."""

    on_sound_back: Callable[[], None]

    def when_buttons_return(self, told: Callable[[], None]) -> None:
        """Say whom to tell."""

    @property
    def mic(self) -> AudioRing:
        """What the microphone hears."""

    @property
    def ear(self) -> AudioRing:
        """What the agent is to hear."""

    @property
    def rate(self) -> int:
        """Samples per second of both rings."""

    @property
    def name(self) -> str:
        """The headset's name."""

    async def open(self) -> None:
        """Open it. Raises HardwareError."""

    async def close(self) -> None:
        """Close it."""

    def set_call_state(self, state: CallState) -> None:
        """Show it."""


HeadsetFactory = Callable[[Callable[[Intent], None], Callable[[HardwareError], None]], StationHeadset]
"""Makes the headset, given who takes its intents and its troubles."""

PhoneFactory = Callable[[PhoneListener], Phone]
"""Makes the phone, given who takes its events. It runs at CLOCK_RATE."""


class Station:
    """One agent's station, from ``run`` to its cancellation.

    ``state`` may be read at any time; ``changed`` is notified on every change (a terminal shows it, tests wait for it).
    """

    def __init__(self, make_phone: PhoneFactory, make_headset: HeadsetFactory, link: FloorLink) -> None:
        """Raises ValueError where the headset's rate is not CLOCK_RATE."""
        self._core = StationCore()
        self._phone = make_phone(self._take)
        self._headset = make_headset(self._take, self._headset_trouble)
        if self._headset.rate != CLOCK_RATE:
            raise ValueError(f"a headset at {self._headset.rate} Hz on a station at {CLOCK_RATE} Hz")
        self._headset.on_sound_back = lambda: self._take(SoundReturned())
        self._headset.when_buttons_return(lambda: self._take(HeadsetChanged(self._headset.name)))
        self._link = link
        self._phone_work: asyncio.Queue[PhoneEffect] = asyncio.Queue(PHONE_REQUESTS)
        self.dropped_requests = 0
        """Requests to the phone given up because so many waited: only a phone that stands still gets there."""
        self._watchers: set[asyncio.Event] = set()

    @property
    def state(self) -> StationState:
        """What the floor is told."""
        return self._core.state

    async def until(self, condition: Callable[[StationState], bool]) -> StationState:
        """Wait for a state that fulfils ``condition``; at once where it does already."""
        async with contextlib.aclosing(self.changes()) as states:
            async for state in states:
                if condition(state):
                    return state
        raise AssertionError("a station's changes have no end")

    async def changes(self) -> AsyncGenerator[StationState, None]:
        """The state, now and at each change; where the reader is slow, only the newest."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while True:
                changed.clear()
                yield self.state
                await changed.wait()
        finally:
            self._watchers.discard(changed)

    async def run(self, account: SipAccount | None = None) -> None:
        """Open everything, work until cancelled, close everything. Raises HardwareError (headset) or PhoneError
        (start).
        """
        await self._headset.open()
        try:
            self._take(HeadsetChanged(self._headset.name))
            await self._phone.start()
            try:
                await self._phone.add_source(MIC, _Microphone(self._headset.mic))
                await self._phone.add_sink(EAR, _Ear(self._headset.ear), EAR_BATCH_MS)
                if account is not None:
                    await self._phone.add_account(account)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._work_phone(), name="station phone")
                    tasks.create_task(self._link.run(self._take), name="station link")
            finally:
                await self._phone.close()
        finally:
            await self._headset.close()

    def _take(self, event: StationInput) -> None:
        for effect in self._core.handle(event):
            match effect:
                case ShowOnHeadset():
                    self._headset.set_call_state(effect.state)
                case ReportState():
                    self._link.report(effect.state)
                    for watcher in self._watchers:
                        watcher.set()
                case ReplyToFloor():
                    self._link.reply(effect.id, effect.reply)
                case AnswerLeg() | HangUpLeg() | SetPaths():
                    self._ask_phone(effect)

    def _ask_phone(self, effect: PhoneEffect) -> None:
        try:
            self._phone_work.put_nowait(effect)
        except asyncio.QueueFull:
            self.dropped_requests += 1
            log.error("the phone does not keep up: %s dropped", effect)

    def _headset_trouble(self, error: HardwareError) -> None:
        log.warning("headset: %s", error)
        if isinstance(error, SoundError):
            self._take(SoundLost(str(error)))
            return
        name = "" if isinstance(error, HidError) else self._headset.name
        self._take(HeadsetChanged(name, trouble=str(error)))

    async def _work_phone(self) -> None:
        while True:
            effect = await self._phone_work.get()
            try:
                match effect:
                    case AnswerLeg():
                        await self._phone.answer(effect.leg_id, effect.code)
                    case HangUpLeg():
                        await self._phone.hang_up(effect.leg_id, effect.code)
                    case SetPaths():
                        await self._phone.set_paths(effect.paths)
            except PhoneError as error:
                log.warning("phone: %s", error)
                self._take(PhoneRefused(effect, str(error)))


class _Microphone:
    """The headset's microphone as a FrameSource: on the media thread."""

    def __init__(self, ring: AudioRing) -> None:
        self._ring = ring

    def read(self, samples: int) -> bytes | None:
        return self._ring.read(samples)


class _Ear:
    """The headset's ear as an AudioSink: on the media thread."""

    def __init__(self, ring: AudioRing) -> None:
        self._ring = ring

    def write(self, frame: AudioFrame) -> None:
        self._ring.write(frame.pcm)


async def run_station(
    settings: StationSettings, clock: Clock, sound: SoundDevice | None = None, buttons: HidTransport | None = None
) -> None:
    """Run a whole station until cancelled: SIP phone, headset, link to the floor.

    ``sound`` and ``buttons`` stand in for the machine's own (the demo's simulated ones). Raises HardwareError where
    there is no sound, PhoneError where SIP cannot start, TlsError where ``settings.ca`` cannot be used,
    FloorUnreachableError where ``settings.server`` is no address.
    """
    await build_station(settings, clock, sound, buttons).run(settings.account)


def build_station(
    settings: StationSettings, clock: Clock, sound: SoundDevice | None = None, buttons: HidTransport | None = None
) -> Station:
    """The station ``run_station`` runs, for programs that also want to look at it."""
    from voice.sip import SipPhone  # here, so that what only wants the Station needs no pjsua2

    card = sound or _sound_device(settings)
    front = settings.sip_server
    tls = client_tls(settings.ca) if front.transport is Transport.TLS else None
    keys = buttons or (_buttons(settings) if sound is None else None)
    return Station(
        make_phone=lambda listener: RelayedPhone(
            lambda config, listen: SipPhone(config, listen, clock),
            settings.phone,
            front,
            listener,
            clock,
            tls=tls,
            local=settings.host,
        ),
        make_headset=lambda on_intent, on_trouble: Headset(card, keys, clock, on_intent, on_trouble),
        link=WebsocketFloorLink(
            settings.server, settings.agent, login(settings.server, settings.agent, settings.secret), clock
        ),
    )


def _buttons(settings: StationSettings) -> HidTransport | None:
    """A headset with buttons, whether it is plugged in yet or not."""
    if settings.headset == "none":
        return None
    return HidapiTransport(None if settings.headset == "auto" else DeviceIdentity.parse(settings.headset))


def _sound_device(settings: StationSettings) -> SoundDevice:
    kind = settings.sound
    if kind == "auto":
        kind = "pulse" if pulse_is_here() else "portaudio"
    make = PulseDevice if kind == "pulse" else PortAudioDevice
    return make(CLOCK_RATE, settings.microphone, settings.ear)
