"""The agent's softphone: a Phone, a Headset and a link to the floor around one ``StationCore``.

The thin driver: inputs come in on one event loop and are handled at once, in order; headset and floor are told at
once; what the phone shall do waits in one queue, since each request takes the SIP stack a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Final

from hardware.errors import HardwareError, HidError, SoundError
from voice.clock import Clock
from voice.commands import Reply
from voice.hearing import TONE
from voice.phone import PhoneError, SipAccount
from voice.station_core import StationCore
from voice.station_headset import Ear, HeadsetFactory, Microphone, PhoneFactory
from voice.station_link import FloorLink
from voice.station_messages import (
    AnswerLeg,
    AnswerReferral,
    AwaitSupervisor,
    CallKept,
    DialLeg,
    FloorCommand,
    HangUpLeg,
    HeadsetChanged,
    HoldLeg,
    NoticePlayed,
    PhoneEffect,
    PhoneRefused,
    PlayNotice,
    PlayTone,
    PlayZip,
    ReplyToFloor,
    ReportState,
    SendDigits,
    SetPaths,
    ShowOnHeadset,
    ShowWork,
    SoundLost,
    SoundReturned,
    StationEffect,
    StationInput,
    SupervisorRangOut,
    TransferLeg,
    TransferToLeg,
)
from voice.station_settings import CLOCK_RATE
from voice.station_sounds import Loop, Once, zip_tone
from voice.station_state import EAR, MIC, MUSIC, NOTICE, SILENCE, TONES, StationPolicy, StationState
from voice.station_taps import CallCapture, Taps

log = logging.getLogger(__name__)

EAR_BATCH_MS: Final = 20
PHONE_REQUESTS: Final = 256
SUPERVISOR_RINGS_S: Final = 20.0


class Station:
    """One agent's station, from ``run`` to its cancellation.

    ``state`` may be read at any time; ``changed`` is notified on every change (a terminal shows it, tests wait for it).
    """

    def __init__(
        self,
        make_phone: PhoneFactory,
        make_headset: HeadsetFactory,
        link: FloorLink,
        *,
        policy: StationPolicy | None = None,
        music: bytes = b"",
        notice: bytes = b"",
        capture: CallCapture | None = None,
        clock: Clock | None = None,
        tone: bytes = b"",
    ) -> None:
        """``music``, ``notice`` and ``tone`` (which announces a supervisor): int16 mono at CLOCK_RATE. Raises
        ValueError where the headset has another rate.
        """
        self._core = StationCore(policy, clock=clock)
        self._zip, self._tones, self._music = zip_tone(CLOCK_RATE), Once(), Loop(music)
        self._notice, self._notice_player = notice, Once(self._notice_over)
        self._tone, self._announcer = tone, Once()
        self._taps = Taps(capture, lambda contact_id, kept: self._take(CallKept(contact_id, kept)))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._phone = make_phone(self._take)
        self._headset = make_headset(self._take, self._headset_trouble)
        if self._headset.rate != CLOCK_RATE:
            raise ValueError(f"a headset at {self._headset.rate} Hz on a station at {CLOCK_RATE} Hz")
        self._headset.on_sound_back = lambda: self._take(SoundReturned())
        self._headset.when_buttons_return(self._headset_there)
        self._link = link
        self._phone_work: asyncio.Queue[PhoneEffect] = asyncio.Queue(PHONE_REQUESTS)
        self._referrals: asyncio.Queue[PhoneEffect] = asyncio.Queue(PHONE_REQUESTS)
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
        self._loop = asyncio.get_running_loop()
        await self._headset.open()
        try:
            self._headset_there()
            await self._phone.start()
            try:
                await self._phone.add_source(MIC, Microphone(self._headset.mic))
                await self._phone.add_source(TONES, self._tones)
                await self._phone.add_source(MUSIC, self._music)
                await self._phone.add_source(NOTICE, self._notice_player)
                await self._phone.add_source(TONE, self._announcer)
                await self._phone.add_source(SILENCE, Once())
                await self._taps.plug(self._phone)
                await self._phone.add_sink(EAR, Ear(self._headset.ear), EAR_BATCH_MS)
                if account is not None:
                    await self._phone.add_account(account)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._work_phone(self._phone_work), name="station phone")
                    tasks.create_task(self._work_phone(self._referrals), name="station referrals")
                    tasks.create_task(self._link.run(self._take), name="station link")
            finally:
                await self._phone.close()
                self._taps.shut()
        finally:
            await self._headset.close()

    def command(self, command: FloorCommand) -> Reply:
        """Carry out a command of this machine's own, a terminal's say."""
        replies = [effect.reply for effect in self._handle(command) if isinstance(effect, ReplyToFloor)]
        return replies[0]

    def _take(self, event: StationInput) -> None:
        for effect in self._handle(event):
            if isinstance(effect, ReplyToFloor):
                self._link.reply(effect.id, effect.reply)

    def _handle(self, event: StationInput) -> list[StationEffect]:
        effects = self._core.handle(event)
        self._taps.follow(self._core.state)
        for effect in effects:
            match effect:
                case ShowOnHeadset():
                    self._headset.set_call_state(effect.state)
                case ShowWork():
                    self._headset.set_work(effect.work)
                case ReportState():
                    self._link.report(effect.state)
                    for watcher in self._watchers:
                        watcher.set()
                case PlayZip():
                    self._tones.play(self._zip)
                case PlayTone():
                    self._announcer.play(self._tone)
                case AwaitSupervisor(leg_id):
                    asyncio.get_running_loop().call_later(SUPERVISOR_RINGS_S, self._take, SupervisorRangOut(leg_id))
                case PlayNotice():
                    self._notice_player.play(self._notice)
                case ReplyToFloor():
                    pass  # whoever asked takes it
                case _:
                    self._ask_phone(effect)
        return effects

    def _notice_over(self) -> None:
        """On the media thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, NoticePlayed())

    def _ask_phone(self, effect: PhoneEffect) -> None:
        """A referral is not answered behind what may wait for the lock that its REFER holds until the answer."""
        try:
            (self._referrals if isinstance(effect, AnswerReferral) else self._phone_work).put_nowait(effect)
        except asyncio.QueueFull:
            self.dropped_requests += 1
            log.error("the phone does not keep up: %s dropped", effect)

    def _headset_there(self) -> None:
        if self._headset.name or self._headset.remark:  # else what keeps it from being there was told already
            self._take(HeadsetChanged(self._headset.name, trouble=self._headset.remark))

    def _headset_trouble(self, error: HardwareError) -> None:
        log.warning("headset: %s", error)
        if isinstance(error, SoundError):
            self._take(SoundLost(str(error)))
            return
        name = "" if isinstance(error, HidError) else self._headset.name
        self._take(HeadsetChanged(name, trouble=str(error)))

    async def _work_phone(self, requests: asyncio.Queue[PhoneEffect]) -> None:
        while True:
            effect = await requests.get()
            try:
                await self._request(effect)
            except PhoneError as error:
                log.warning("phone: %s", error)
                self._take(PhoneRefused(effect, str(error)))

    async def _request(self, effect: PhoneEffect) -> None:
        phone = self._phone
        match effect:
            case AnswerLeg():
                await phone.answer(effect.leg_id, effect.code)
            case HangUpLeg():
                await phone.hang_up(effect.leg_id, effect.code)
            case SetPaths():
                await phone.set_paths(effect.paths)
            case DialLeg():
                await phone.dial(effect.leg_id, effect.uri, effect.headers)
            case HoldLeg():
                await (phone.hold if effect.held else phone.resume)(effect.leg_id)
            case TransferLeg():
                await phone.transfer(effect.leg_id, effect.target)
            case TransferToLeg():
                await phone.transfer_to(effect.leg_id, effect.other_leg_id)
            case AnswerReferral():
                await phone.answer_referral(effect.leg_id, effect.new_leg_id)
            case SendDigits():
                await phone.send_digits(effect.leg_id, effect.digits)
