"""``callfloor headset watch`` and ``test-buttons``: a headset that is looked at while its user presses keys."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import IO, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hardware.audio.engine import SoundDevice
from hardware.audio.meter import FLOOR_DBFS, Level, LevelMeter
from hardware.buttons import Buttons
from hardware.errors import HardwareError, HidError, HidFailure, SoundError
from hardware.hid.intents import IDLE, CallState, Intent
from hardware.hid.telephony import TelephonyLayout
from hardware.hid.transport import HidTransport
from hardware.practice import IN_CALL, ButtonTest, Moved, ReportLog, describe, obey
from voice.clock import SystemClock

METER_S: Final = 0.1
"""How often the level is drawn: a meter has no events."""

STEP_S: Final = 15.0
"""How long a key that was asked for is waited for."""

SETTLE_S: Final = 0.7
"""Between two steps: the device's own answers to the lights are over by then."""


class _Desk:
    """Buttons and the practice call; what happens is printed, and intents wait in ``intents``."""

    def __init__(self, transport: HidTransport, say: Callable[[str], None], *, talkative: bool) -> None:
        self._say = say
        self._talkative = talkative
        self.state = IDLE
        self.layout: TelephonyLayout | None = None
        self.intents: asyncio.Queue[Intent] = asyncio.Queue()
        watcher = _Watcher(self, self._moved)
        self.buttons = Buttons(transport, SystemClock(), self._meant, self._troubled, watcher)
        self.buttons.on_back = lambda: self._say(f"plugged in: {self.buttons.name}")

    def show(self, state: CallState) -> None:
        self.state = state
        self.buttons.set_state(state)

    def _meant(self, intent: Intent) -> None:
        self.show(obey(self.state, intent))
        if self._talkative:
            self._say(f"means   {describe(intent)}; the call is now {_words(self.state)}")
        self.intents.put_nowait(intent)

    def _moved(self, moved: Moved) -> None:
        if self._talkative:
            self._say(f"{'light ' if moved.light else 'key   '}  {moved.name} {'on' if moved.on else 'off'}")

    def _troubled(self, error: HardwareError) -> None:
        self._say(f"trouble {error}")


class _Watcher(ReportLog):
    """Keeps the layout for the desk."""

    def __init__(self, desk: _Desk, tell: Callable[[Moved], None]) -> None:
        super().__init__(tell)
        self._desk = desk

    def opened(self, layout: TelephonyLayout) -> None:
        super().opened(layout)
        self._desk.layout = layout


def plain_console(file: IO[str] | None = None) -> Console:
    """Words as they are: paths and names are not markup."""
    return Console(file=file, soft_wrap=True, highlight=False, markup=False)


async def watch_headset(
    transport: HidTransport, sound: SoundDevice, seconds: float | None = None, out: IO[str] | None = None
) -> None:
    """Print each key, light and what it means as it happens, above a meter of the microphone; for ``seconds``, or until
    cancelled. The headset practises: its keys answer, mute, hold and hang up a call that is not there.
    """
    console = plain_console(out)
    meter = LevelMeter(sound.rate)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        desk = _Desk(transport, live.console.print, talkative=True)
        async with _opened(desk), _listening(sound, meter, live.console.print):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        live.update(bar(meter.level), refresh=console.is_terminal)
                        await asyncio.sleep(METER_S)
    console.print(f"microphone: loudest {meter.loudest_dbfs:.0f} dBFS, {meter.level.clipped} samples distorted")


async def try_buttons(
    transport: HidTransport, step_s: float = STEP_S, settle_s: float = SETTLE_S, out: IO[str] | None = None
) -> bool:
    """Ask for one key after another and say of each whether it came; whether the headset is fit. Raises HidError."""
    console = plain_console(out)
    desk = _Desk(transport, console.print, talkative=False)
    async with _opened(desk):
        if desk.layout is None:
            raise desk.buttons.trouble or HidError(HidFailure.NONE_PLUGGED)
        console.print(f"{desk.buttons.name}: press what is asked for, within {step_s:.0f} seconds each.")
        test = ButtonTest(desk.layout)
        while (step := test.step) is not None:
            desk.show(step.state)
            await asyncio.sleep(settle_s)
            while not desk.intents.empty():
                desk.intents.get_nowait()
            desk.show(step.state)
            console.print(f"      {step.ask} ...")
            await _one_step(desk, test, step_s)
            console.print(verdict(test.findings[-1].good, test.findings[-1].what))
    console.print("Its keys work." if test.fit else "Its keys do NOT all work.")
    return test.fit


async def _one_step(desk: _Desk, test: ButtonTest, step_s: float) -> None:
    assert test.step is not None
    wanted = test.step.state
    try:
        async with asyncio.timeout(step_s):
            while not test.pressed(await desk.intents.get()):
                desk.show(wanted)
    except TimeoutError:
        test.gave_up()


@contextlib.asynccontextmanager
async def _opened(desk: _Desk) -> AsyncIterator[None]:
    await desk.buttons.open()
    try:
        yield
    finally:
        await desk.buttons.close()


@contextlib.asynccontextmanager
async def _listening(sound: SoundDevice, meter: LevelMeter, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Without a microphone the keys can be watched all the same."""
    loop = asyncio.get_running_loop()

    def stopped(error: SoundError) -> None:
        loop.call_soon_threadsafe(say, f"trouble {error}")

    try:
        await sound.start(meter.process, lambda samples: bytes(2 * samples), stopped)
    except SoundError as error:
        say(f"trouble {error}")
    try:
        yield
    finally:
        await sound.stop()


def bar(level: Level, width: int = 50) -> Text:
    """The meter: the mean as a bar, the held peak as a mark; 60 dB wide."""

    def place(dbfs: float) -> int:
        return round(width * max(0.0, 1 + max(dbfs, FLOOR_DBFS) / 60))

    mean, held = place(level.mean_dbfs), min(place(level.held_dbfs), width - 1)
    cells = ["█" if cell < mean else " " for cell in range(width)]
    cells[held] = "▏" if held >= mean else "█"
    style = "red" if level.held_dbfs > -1 else "yellow" if level.held_dbfs > -9 else "green"
    return Text.assemble("mic ", ("".join(cells), style), f" {level.mean_dbfs:5.0f} dBFS")


def verdict(good: bool, what: str) -> str:
    """One line of a check."""
    return f"{'good' if good else 'BAD '}  {what}"


def _words(state: CallState) -> str:
    if state.phase is not IN_CALL.phase:
        return state.phase.value
    return " and ".join(["in call", *(["muted"] if state.muted else []), *(["held"] if state.held else [])])
