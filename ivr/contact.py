"""The contact worker: the thin driver around ``ContactCore``; its process is ``ivr.contact_process``.

Owns the phone, the prompt player, the bus connection and the ears (recognition and recording) of one contact. It needs
none of the floor, the transcription server and the bus to keep the call up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping

from ivr import effects as flow
from ivr.contact_commands import CONTACT_COMMANDS
from ivr.contact_core import ContactCore
from ivr.contact_effects import (
    AnswerLeg,
    AnswerReferral,
    ContactEffect,
    DialLeg,
    Finish,
    HangUpLeg,
    PlayTone,
    PressKeys,
    ProbeLeg,
    Publish,
    SetPaths,
    StartListening,
    WatchLeg,
)
from ivr.contact_state import RINGBACK
from ivr.contacts import CONTACT_EVENTS, FloorStarted, TalkMeasured
from ivr.conversation import Conversation
from ivr.ears import Ears
from ivr.http_client import look_up
from ivr.leg_looks import is_there, look
from ivr.outbound import OutboundReady
from ivr.playback import PromptPlayer
from ivr.prompts import RATE, PromptStore
from ivr.schema import Flow
from ivr.supervision import BRIDGE_EVENTS, SUPERVISION_COMMANDS, SUPERVISION_EVENTS
from ivr.supervision_tone import supervision_tone
from ivr.tones import ringback
from transcription.utterances import UTTERANCE_EVENTS
from voice.bus.base import Bus, Subscription
from voice.clock import Clock
from voice.commands import Command, CommandCodec, Reply
from voice.events import VOICE_EVENTS, EventCodec
from voice.hearing import MUSIC, PROMPTS, TAPPED, TONE, tap
from voice.phone import IncomingLeg, LegDisconnected, Phone, PhoneError, PhoneEvent

log = logging.getLogger(__name__)

EVENTS = EventCodec((*VOICE_EVENTS, *CONTACT_EVENTS, *SUPERVISION_EVENTS, *BRIDGE_EVENTS, *UTTERANCE_EVENTS))
COMMANDS = CommandCodec((*CONTACT_COMMANDS, *SUPERVISION_COMMANDS))
TAP_BATCH_MS = 60
"""Milliseconds of audio a tap hands on at once: what cards wait for, against wake-ups of the process."""
LINGER_S = 5.0
"""How long a leg that was hung up may take to end before the process ends without it."""

INVITE_S = 5.0
"""How long after the front gave us a contact its INVITE may take to become a call."""

PhoneOperation = AnswerLeg | AnswerReferral | DialLeg | HangUpLeg | PressKeys | SetPaths

Fresh = Callable[[], tuple[Flow, PromptStore, str, str]]
"""The flow as it is now, its prompts, the banner that is raised, and what is wrong with the flow's file (or empty)."""


class ContactWorker:
    """Performs the core's effects on a phone, a player, a bus and ears. Belongs to one asyncio loop. ``models``: the
    recogniser model of a queue that has its own.
    """

    def __init__(
        self, core: ContactCore, bus: Bus, prompts: PromptStore, ears: Ears, clock: Clock,
        models: Mapping[str, str] | None = None, fresh: Fresh | None = None,
    ) -> None:  # fmt: skip
        self._fresh = fresh
        self._core = core
        self._bus = bus
        self._prompts = prompts
        self._ears = ears
        self._models = models or {}
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._player = PromptPlayer(lambda token: self._loop.call_soon_threadsafe(self._prompt_finished, token))
        self._announcer = PromptPlayer(lambda token: None)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._operations: asyncio.Queue[PhoneOperation] = asyncio.Queue()
        self._working: set[asyncio.Task[None]] = set()
        self._phone: Phone | None = None
        self._order = ""
        self._offered = asyncio.Event()
        self._finished = asyncio.Event()
        self._conversation = Conversation()

    async def run(self, phone: Phone) -> None:
        """Take one contact from its INVITE to its end."""
        self._phone = phone
        rate = self._prompts.rate
        await phone.add_source(PROMPTS, self._player, rate)
        await phone.add_source(TONE, self._announcer, RATE)
        await phone.add_source(MUSIC, _loop(self._prompts.pcm("hold")), rate)
        await phone.add_source(RINGBACK, _loop(ringback()), RATE)
        for role in TAPPED:
            await phone.add_sink(tap(role), self._ears.sink(role), TAP_BATCH_MS, RATE)
        self._bus.serve(f"contact.{self._core.contact_id}", self._command)
        self._bus.on_connected(self._report)
        starts = self._bus.subscribe(FloorStarted.type)
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(self._join_bus()),
                tasks.create_task(self._answer_floors(starts)),
                tasks.create_task(self._operate()),
            ]
            await self._finished.wait()
            starts.close()
            for task in (*background, *self._working):
                task.cancel()

    def phone_event(self, event: PhoneEvent) -> None:
        """What the phone reports (``PhoneListener``). A warm worker may have waited long: its contact goes through the
        flow as it is now.
        """
        if isinstance(event, IncomingLeg) and self._fresh is not None:
            (script, self._prompts, banner, problem), self._fresh = self._fresh(), None
            self._core.use(script, self._prompts, banner, problem)
        self._perform(self._core.phone_event(event, self._clock.wall()))
        if self._core.running:
            self._offered.set()

    def assigned(self, order: str = "") -> None:
        """The front has given us a contact: an INVITE is on its way or, where we are to call ourselves, ``order`` names
        what the floor will tell us to do. Where our SIP stack refuses the INVITE by itself (an offer it cannot take,
        no port left), no call ever begins: a worker that waited on would be lost to all callers to come.
        """
        if order:
            self._order = order
            self._offered.set()
        self._loop.call_later(INVITE_S, self._finish_if_not_called)

    @property
    def called(self) -> bool:
        """Whether the contact has begun."""
        return self._offered.is_set()

    async def _command(self, command: Command) -> Reply:
        reply, effects = self._core.command(command, self._clock.wall())
        self._perform(effects)
        return reply

    def _report(self) -> None:
        if self._order and not self._core.call.legs:
            self._bus.publish(OutboundReady(self._order), contact_id=self._core.contact_id)
        elif (bridge := self._core.bridge) is not None:
            if (opened := bridge.opened) is not None:
                self._bus.publish(opened)
        elif self._core.running:
            self._bus.publish(self._core.snapshot, contact_id=self._core.contact_id)

    async def _join_bus(self) -> None:
        """A warm worker without a contact needs no connection."""
        await self._offered.wait()
        await self._bus.start()

    async def _answer_floors(self, starts: Subscription) -> None:
        async for _ in starts:
            self._report()

    def _prompt_finished(self, token: int) -> None:
        self._perform(self._core.prompt_finished(token, self._clock.wall()))

    def _timer_fired(self, name: str, token: int) -> None:
        self._timers.pop(name, None)
        self._perform(self._core.timer_fired(name, token, self._clock.wall()))

    def _perform(self, effects: tuple[ContactEffect, ...]) -> None:
        for effect in effects:
            match effect:
                case Publish(event):
                    self._bus.publish(event, contact_id=self._core.contact_id if self._core.bridge is None else None)
                case flow.PlayPrompts(token=token, prompts=prompts, loop=loop):
                    pcm = b"".join(self._prompts.pcm(prompt.audio) for prompt in prompts)
                    self._player.play(token, pcm, loop=loop)
                case flow.StopPrompts():
                    self._player.stop()
                case flow.StartTimer(name, seconds, token):
                    self._cancel_timer(name)
                    self._timers[name] = self._loop.call_later(seconds, self._timer_fired, name, token)
                case flow.CancelTimer(name):
                    self._cancel_timer(name)
                case flow.LookUp():
                    self._in_background(self._look_up(effect))
                case flow.StartSpeech(token, phrases):
                    self._ears.listen(token, phrases, self._since_offer(), self._speech_heard)
                case flow.StopSpeech():
                    self._ears.stop_listening()
                case PlayTone():
                    self._announcer.play(0, supervision_tone())
                case WatchLeg(leg_id):
                    self._in_background(self._watch(leg_id))
                case ProbeLeg(leg_id):
                    self._in_background(self._probe(leg_id))
                case StartListening(recording):
                    model = self._models.get(self._core.snapshot.queue, "")
                    self._ears.open(self._since_offer(), model, recording=recording)
                case Finish():
                    self._finished.set()
                case AnswerReferral():  # not behind what may wait for the lock that its REFER holds until the answer
                    self._in_background(self._phone_operation(effect))
                case AnswerLeg() | DialLeg() | HangUpLeg() | PressKeys() | SetPaths():
                    self._operations.put_nowait(effect)
        self._conversation.note(self._core.snapshot, self._since_offer())

    def talk(self) -> tuple[TalkMeasured, ...]:
        """How agents and customer talked, one for each time an agent had the contact; none where they did not."""
        measured = (self._ears.talk(each) for each in self._conversation.stretches(self._since_offer()))
        return tuple(talk for talk in measured if talk is not None)

    def _since_offer(self) -> float:
        return self._clock.wall() - self._core.snapshot.offered_at

    def _speech_heard(self, token: int, text: str, final: bool) -> None:
        self._perform(self._core.speech_heard(token, text, final, self._clock.wall()))

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _watch(self, leg_id: str) -> None:
        assert self._phone is not None
        await look(self._phone, leg_id, self._clock, lambda packets: self._leg_heard(leg_id, packets))

    def _leg_heard(self, leg_id: str, packets: int) -> None:
        self._perform(self._core.leg_heard(leg_id, packets, self._clock.wall()))

    async def _probe(self, leg_id: str) -> None:
        assert self._phone is not None
        there = await is_there(self._phone, leg_id)
        self._perform(self._core.leg_probed(leg_id, there, self._clock.wall()))

    async def _look_up(self, wanted: flow.LookUp) -> None:
        answer = await asyncio.to_thread(look_up, wanted.method, wanted.url, wanted.body, wanted.timeout_s)
        self._perform(self._core.looked_up(wanted.token, answer, self._clock.wall()))

    def _cancel_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    async def _operate(self) -> None:
        """Phone operations one after the other, in the order they were decided."""
        while True:
            await self._phone_operation(await self._operations.get())

    async def _phone_operation(self, effect: PhoneOperation) -> None:
        assert self._phone is not None
        try:
            match effect:
                case AnswerLeg(leg_id):
                    await self._phone.answer(leg_id)
                case DialLeg(leg_id, address, headers):
                    await self._phone.dial(leg_id, address, headers)
                case HangUpLeg(leg_id, code):
                    self._loop.call_later(LINGER_S, self._finish_if_over)
                    await self._phone.hang_up(leg_id, code)
                case AnswerReferral(leg_id, new_leg_id):
                    await self._phone.answer_referral(leg_id, new_leg_id)
                case PressKeys(leg_id, digits):
                    await self._phone.send_digits(leg_id, digits)
                case SetPaths(paths):
                    await self._phone.set_paths(paths)
        except PhoneError as error:
            log.error("contact %s: %s", self._core.contact_id, error)
            if isinstance(effect, AnswerReferral) and effect.new_leg_id is not None:
                self.phone_event(LegDisconnected(effect.new_leg_id, 503, str(error)))
            elif isinstance(effect, DialLeg | AnswerLeg):
                self.phone_event(LegDisconnected(effect.leg_id, 503, str(error)))

    def _finish_if_not_called(self) -> None:
        if not self._core.call.legs:
            what = "the floor's word" if self._order else "the INVITE was refused by the SIP stack, or"
            log.warning("%s never came", what)
            self._finished.set()

    def _finish_if_over(self) -> None:
        """A hung-up leg whose BYE nobody answers must not keep the process."""
        if not self._core.running:
            self._finished.set()


def _loop(pcm: bytes) -> PromptPlayer:
    """A source that plays the same samples for as long as somebody hears it."""
    player = PromptPlayer(lambda token: None)
    player.play(0, pcm, loop=True)
    return player
