"""``Buttons``: keys and lights of one headset, through its being unplugged and plugged in again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from hardware.clock import Clock
from hardware.errors import HardwareError, HidError, HidFailure
from hardware.hid.callcontrol import CallControl
from hardware.hid.descriptor import parse
from hardware.hid.intents import IDLE, CallState, Effect, Intent, WriteReport
from hardware.hid.quirks import quirks_of
from hardware.hid.telephony import TelephonyLayout, telephony_layout
from hardware.hid.transport import HidTransport

log = logging.getLogger(__name__)

IntentCallback = Callable[[Intent], None]
"""Takes what the user meant; must answer with the call's state, now or later. Called on the event loop."""

TroubleCallback = Callable[[HardwareError], None]
"""Told on the event loop that the buttons or the sound are gone. Calls go on."""

QUIET: Final = frozenset({HidFailure.NONE_PLUGGED, HidFailure.NOT_INSTALLED})
"""Nobody asked for buttons where these happen: a line in the log, no trouble."""


class ReportWatcher(Protocol):
    """Sees every report, for people who look at a headset."""

    def opened(self, layout: TelephonyLayout) -> None:
        """The device is there."""

    def heard(self, report: bytes) -> None:
        """It said that."""

    def wrote(self, report: bytes) -> None:
        """It was told that."""


class Buttons:
    """From ``open`` to ``close``, on one event loop. A device that goes is a trouble; once it is back it is told the
    state that holds then.
    """

    def __init__(
        self,
        transport: HidTransport,
        clock: Clock,
        on_intent: IntentCallback,
        on_trouble: TroubleCallback,
        watcher: ReportWatcher | None = None,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._on_intent = on_intent
        self._on_trouble = on_trouble
        self._watcher = watcher
        self.on_back: Callable[[], None] = lambda: None
        """Called on the event loop when a device that was gone, or not there yet, can be used."""
        self.trouble: HidError | None = None
        """Why there is no device; None while there is one."""
        self._control: CallControl | None = None
        self._state = IDLE
        self._returning: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Name, vendor and product; empty while there is no device."""
        return str(self._transport.identity) if self._control is not None else ""

    async def open(self) -> None:
        """Open them, or wait for them: what keeps them from being used is a trouble."""
        try:
            await self._open()
        except HidError as error:
            self._wait_for_it(error)

    async def close(self) -> None:
        """Lights off."""
        if self._returning is not None:
            self._returning.cancel()
            await asyncio.gather(self._returning, return_exceptions=True)
        control, self._control = self._control, None
        if control is not None:
            try:
                for effect in control.closing():
                    self._write(effect)
            except HidError as error:
                log.info("headset not told goodbye: %s", error)
        await self._transport.close()

    def set_state(self, state: CallState) -> None:
        """Show the call's state. After every change and after every intent."""
        self._state = state
        if self._control is not None:
            self._perform(self._control.set_state(state, self._clock.monotonic()))

    async def _open(self) -> None:
        descriptor = await self._transport.open(self._report, self._lost)
        identity = self._transport.identity
        layout = telephony_layout(parse(descriptor))
        self._control = CallControl(layout, quirks_of(identity.vendor, identity.product))
        self.trouble = None
        if self._watcher is not None:
            self._watcher.opened(layout)
        now = self._clock.monotonic()
        self._perform((*self._control.opened(now), *self._control.set_state(self._state, now)))

    def _report(self, data: bytes) -> None:
        if self._control is not None:
            if self._watcher is not None:
                self._watcher.heard(data)
            self._perform(self._control.report(data, self._clock.monotonic()))

    def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if not isinstance(effect, WriteReport):
                self._on_intent(effect)
            elif self._control is not None:
                try:
                    self._write(effect)
                except HidError as error:
                    self._lost(error)

    def _write(self, effect: WriteReport) -> None:
        self._transport.write(effect.data)
        if self._watcher is not None:
            self._watcher.wrote(effect.data)

    def _lost(self, error: HidError) -> None:
        if self._control is not None:
            self._control = None
            self._wait_for_it(error)

    def _wait_for_it(self, error: HidError) -> None:
        self.trouble = error
        if error.failure in QUIET:
            log.info("no headset buttons: %s", error)
        else:
            self._on_trouble(error)
        waiting = self._returning is not None and not self._returning.done()
        if error.failure is not HidFailure.NOT_INSTALLED and not waiting:
            self._returning = asyncio.create_task(self._bring_back(), name="headset buttons")

    async def _bring_back(self) -> None:
        """Until the very device that was lost can be opened again."""
        while self._control is None:
            await self._transport.close()
            await self._transport.returned()
            try:
                await self._open()
            except HidError as error:
                log.info("headset buttons not back yet: %s", error)
        self.on_back()
