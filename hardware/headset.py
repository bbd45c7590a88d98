"""``Headset``: sound and buttons of one headset together, as the softphone sees it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from hardware.audio.denoise import NoiseSuppressor
from hardware.audio.drift import DriftRing
from hardware.audio.engine import NamedEnds, SoundDevice
from hardware.audio.limiter import ShockLimiter
from hardware.busylight import BusyLight, Work
from hardware.buttons import Buttons, IntentCallback, TroubleCallback
from hardware.clock import Clock
from hardware.diagnostics import remark_on_ends
from hardware.errors import SoundError
from hardware.hid.intents import IDLE, CallPhase, CallState
from hardware.hid.transport import HidTransport

log = logging.getLogger(__name__)


class Headset:
    """One headset, from ``open`` to ``close``, on one event loop.

    ``mic``: what the microphone hears, filled while the call state is a call neither muted nor held; closed
    otherwise, whatever the paths behind it do. ``ear``: what to play, through the shock limiter. Both are int16 mono
    at ``rate``, and make up for the difference of the two clocks, at 45 to 76 ms from a sample to its being read, by
    how late blocks come (``hardware.audio.drift``).
    """

    def __init__(
        self,
        sound: SoundDevice,
        buttons: HidTransport | None,
        clock: Clock,
        on_intent: IntentCallback,
        on_trouble: TroubleCallback,
        light: BusyLight | None = None,
        noise: NoiseSuppressor | None = None,
    ) -> None:
        self.mic = DriftRing(sound.rate, clock)
        self.ear = DriftRing(sound.rate, clock)
        self._limiter = ShockLimiter(sound.rate)
        self._sound = sound
        self._buttons = None if buttons is None else Buttons(buttons, clock, on_intent, on_trouble)
        self._on_trouble = on_trouble
        self._light = light
        self._noise = noise
        self.on_sound_back: Callable[[], None] = lambda: None
        """Called on the event loop when sound that was lost is back."""
        self._state = IDLE
        self._mic_open = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._returning: asyncio.Task[None] | None = None

    @property
    def rate(self) -> int:
        """Samples per second of both rings."""
        return self._sound.rate

    @property
    def name(self) -> str:
        """Name, vendor and product of the buttons; empty where there are none."""
        return "" if self._buttons is None else self._buttons.name

    @property
    def remark(self) -> str:
        """What is odd though it works: ear and microphone of two devices; else empty. Known once it is open."""
        if not isinstance(self._sound, NamedEnds):
            return ""
        return remark_on_ends(self._sound.ear or "", self._sound.microphone or "")

    def when_buttons_return(self, told: Callable[[], None]) -> None:
        """``told`` is called on the event loop when buttons that were gone, or not there yet, can be used."""
        if self._buttons is not None:
            self._buttons.on_back = told

    async def open(self) -> None:
        """Open buttons and sound. Buttons that cannot be opened are a trouble; raises SoundError, with nothing left
        open.
        """
        self._loop = asyncio.get_running_loop()
        if self._buttons is not None:
            await self._buttons.open()
        try:
            await self._sound.start(self._capture, self._playback, self._sound_stopped_anywhere)
        except BaseException:
            await self._close_buttons()
            raise
        if self._light is not None:
            self._light.show(self._state)

    async def close(self) -> None:
        """Lights off, streams closed."""
        self._mic_open = False
        if self._returning is not None:
            self._returning.cancel()
            await asyncio.gather(self._returning, return_exceptions=True)
        await self._sound.stop()
        await self._close_buttons()
        if self._light is not None:
            await asyncio.to_thread(self._light.close)

    def set_call_state(self, state: CallState) -> None:
        """Show the call's state, and open or close the microphone by it. After every change and after every intent."""
        before, self._state = self._state, state
        if before.phase is not CallPhase.IN_CALL and state.phase is CallPhase.IN_CALL:
            self.ear.discard()
        mic_open = state.phase is CallPhase.IN_CALL and not state.muted and not state.held
        if mic_open and not self._mic_open:
            self.mic.discard()
        self._mic_open = mic_open
        if self._buttons is not None:
            self._buttons.set_state(state)
        if self._light is not None:
            self._light.show(state)

    def set_work(self, work: Work) -> None:
        """Show on the busy light whether the agent takes calls."""
        if self._light is not None:
            self._light.at_work(work)

    async def _close_buttons(self) -> None:
        if self._buttons is not None:
            await self._buttons.close()

    def _sound_stopped_anywhere(self, error: SoundError) -> None:
        """On the sound device's thread: the only crossing from it into the event loop."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._sound_lost, error)

    def _sound_lost(self, error: SoundError) -> None:
        self._returning = asyncio.create_task(self._bring_sound_back(), name="headset sound")
        self._on_trouble(error)

    async def _bring_sound_back(self) -> None:
        """Until the very devices that were lost can be opened again: the sound goes nowhere else meanwhile."""
        while True:
            await self._sound.returned()
            try:
                await self._sound.start(self._capture, self._playback, self._sound_stopped_anywhere)
            except SoundError as error:
                log.info("not back yet: %s", error)
                continue
            self.mic.discard()
            self.ear.discard()
            self.on_sound_back()
            return

    def _capture(self, block: bytes) -> None:
        """On the sound device's thread."""
        if self._mic_open:
            self.mic.write(block if self._noise is None else self._noise.process(block))

    def _playback(self, samples: int) -> bytes:
        """On the sound device's thread."""
        return self._limiter.process(self.ear.read(samples))
