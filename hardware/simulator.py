"""A headset without hardware: only the outermost device is simulated, its report bytes are those of a real model.

``SimulatedButtons`` is the device's side of the call control conversation, pure; ``SimulatedHeadset`` is a
HidTransport on it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from hardware.errors import HidError, HidFailure
from hardware.hid.descriptor import parse
from hardware.hid.telephony import telephony_layout
from hardware.hid.transport import ClosedCallback, DeviceIdentity, ReportCallback

EVOLVE_LINK: Final = bytes.fromhex(
    "050B 0905 A101"  # Telephony, Headset, application collection
    "8502 1500 2501"  # report 2, on/off controls
    "0920 0997 7501 9502 8122"  # in: hook switch, line busy tone: levels
    "092F 0921 0924 0950 9504 8106"  # phone mute, flash, redial, speed dial: toggles
    "0907 0509 9501 8102"  # programmable button (Button page follows): reject
    "050B 0906 A102 19B0 29BB 250B 7504 8100 C0"  # keypad 0-9 * #, an array
    "7501 9505 8101"  # padding to two bytes
    "0508 2501 0917 0909 0918 0920 0921 9505 9122"  # out: off-hook, mute, ring, hold, microphone lights
    "050B 099E 9501 9122"  # ringer
    "950A 9101"  # padding to two bytes
    "C0"
)
"""Our own descriptor with the telephony reports of a Jabra EVOLVE LINK: two bytes each way after the id 02."""

REPORT_ID: Final = 2
_LAYOUT: Final = telephony_layout(parse(EVOLVE_LINK))
_IN: Final = _LAYOUT.inputs[REPORT_ID]
_OUT: Final = _LAYOUT.outputs[REPORT_ID]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How well the device behaves. Times in seconds.

    ``ack_s``: from an off-hook light that changed to the hook switch following it; None: it never follows.
    ``revert_s``: a hook key press not answered by the light within this time is taken back; None: it stays.
    ``boom_up``: a host that un-mutes is answered with a mute pulse.
    """

    ack_s: float | None = 0.0
    revert_s: float | None = None
    boom_up: bool = False


GOOD: Final = Behaviour()


@dataclass(frozen=True, slots=True)
class _Planned:
    at: float
    order: int
    action: str


class SimulatedButtons:
    """The device's side: output reports and presses in, input reports out, in the caller's time.

    ``due(now)`` gives the input reports that became due; ``next_at`` is when the next one does, None for never.
    """

    def __init__(self, behaviour: Behaviour = GOOD) -> None:
        self.behaviour = behaviour
        self.lights: frozenset[str] = frozenset()
        self.hook = False
        self._planned: list[_Planned] = []
        self._order = 0

    @property
    def next_at(self) -> float | None:
        """When the device will next speak of its own accord."""
        return min((planned.at for planned in self._planned), default=None)

    def take(self, report: bytes, now: float) -> None:
        """An output report arrived. Raises HidError for one this device does not have."""
        if len(report) != 1 + _LAYOUT.output_bytes[REPORT_ID] or report[0] != REPORT_ID:
            raise HidError(HidFailure.WRITE_REFUSED, report.hex())
        before = self.lights
        self.lights = frozenset(name for name, control in _OUT.items() if control.read(report[1:]))
        off_hook = "off_hook" in self.lights
        self._planned = [planned for planned in self._planned if planned.action != "revert"]
        if off_hook != self._standing_soon and self.behaviour.ack_s is not None:
            self._plan(now + self.behaviour.ack_s, "hook on" if off_hook else "hook off")
        if self.behaviour.boom_up and off_hook and "mute" in before - self.lights:
            self._plan(now + 0.05, "mute")

    def standing(self) -> bytes:
        """The input report of a device nobody touches."""
        return self._report()

    @property
    def _standing_soon(self) -> bool:
        """How the hook switch will stand once all that is planned has happened."""
        follows = [planned.action for planned in self._planned if planned.action in ("hook on", "hook off")]
        return follows[-1] == "hook on" if follows else self.hook

    def press_hook(self, now: float) -> list[bytes]:
        """The hook key: the switch changes over at once."""
        self.hook = not self.hook
        if self.behaviour.revert_s is not None:
            self._plan(now + self.behaviour.revert_s, "revert")
        return [self._report()]

    def pulse(self, name: str) -> list[bytes]:
        """A key that is pressed and let go: mute, flash, redial, speed_dial, reject."""
        return [self._report(name), self._report()]

    def due(self, now: float) -> list[bytes]:
        """What the device says by itself up to ``now``."""
        ready = sorted((planned for planned in self._planned if planned.at <= now), key=lambda p: (p.at, p.order))
        self._planned = [planned for planned in self._planned if planned.at > now]
        reports = []
        for planned in ready:
            match planned.action:
                case "hook on" | "hook off":
                    if self.hook != (planned.action == "hook on"):
                        self.hook = not self.hook
                        reports.append(self._report())
                case "revert":
                    self.hook = not self.hook
                    reports.append(self._report())
                case pulse:
                    reports += self.pulse(pulse)
        return reports

    def _plan(self, at: float, action: str) -> None:
        self._order += 1
        self._planned.append(_Planned(at, self._order, action))

    def _report(self, pressed: str | None = None) -> bytes:
        on = {"hook"} if self.hook else set()
        on |= {pressed} if pressed else set()
        value = sum(1 << control.bit for name, control in _IN.items() if name in on)
        return bytes([REPORT_ID]) + value.to_bytes(2, "little")


class SimulatedHeadset:
    """A HidTransport whose buttons are pressed by the program, on the event loop, and whose lights can be awaited."""

    def __init__(self, behaviour: Behaviour = GOOD) -> None:
        self.buttons = SimulatedButtons(behaviour)
        self._on_report: ReportCallback | None = None
        self._on_closed: ClosedCallback | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._waiting: list[tuple[str, bool, asyncio.Future[None]]] = []

    @property
    def identity(self) -> DeviceIdentity:
        """A Jabra EVOLVE LINK, by vendor and product."""
        return DeviceIdentity(0x0B0E, 0x0307, serial="simulated", name="simulated headset")

    @property
    def lights(self) -> frozenset[str]:
        """The names of the lights that are on."""
        return self.buttons.lights

    async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
        """As many devices do, it says at once how it stands. Raises HidError where it is unplugged."""
        if not self._plugged.is_set():
            raise HidError(HidFailure.NOT_FOUND, str(self.identity))
        self._on_report, self._on_closed = on_report, on_closed
        asyncio.get_running_loop().call_soon(lambda: self._say([self.buttons.standing()]))
        return EVOLVE_LINK

    def write(self, report: bytes) -> None:
        """An output report from the host. Raises HidError once unplugged."""
        if self._on_report is None:
            raise HidError(HidFailure.GONE, str(self.identity))
        self.buttons.take(report, self._now())
        self._settle_waiting()
        self._schedule()

    async def returned(self) -> None:
        """Wait for ``plug``."""
        await self._plugged.wait()

    async def close(self) -> None:
        """The host lets go of it."""
        self._on_report = self._on_closed = None
        if self._timer is not None:
            self._timer.cancel()

    def press_hook(self) -> None:
        """Press the hook key: answer, hang up, or lift."""
        self._say(self.buttons.press_hook(self._now()))

    def press_mute(self) -> None:
        """Press the mute key."""
        self._say(self.buttons.pulse("mute"))

    def press(self, key: str) -> None:
        """Press ``flash``, ``redial``, ``speed_dial`` or ``reject``."""
        self._say(self.buttons.pulse(key))

    def unplug(self) -> None:
        """Pull the plug: the host is told, and writing fails from now on."""
        self._plugged.clear()
        told, self._on_closed, self._on_report = self._on_closed, None, None
        if told is not None:
            told(HidError(HidFailure.GONE, str(self.identity)))

    def plug(self) -> None:
        """Plug it in again: another life, with its lights off."""
        self.buttons = SimulatedButtons(self.buttons.behaviour)
        self._plugged.set()

    async def ring_led(self, on: bool = True) -> None:
        """Wait until the ring light is on (or off)."""
        await self.light("ring", on)

    async def light(self, name: str, on: bool = True) -> None:
        """Wait until the light ``name`` is on (or off)."""
        if (name in self.lights) == on:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((name, on, future))
        await future

    def _settle_waiting(self) -> None:
        for entry in list(self._waiting):
            name, on, future = entry
            if future.done() or (name in self.lights) == on:
                self._waiting.remove(entry)
                if not future.done():
                    future.set_result(None)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        at = self.buttons.next_at
        self._timer = None if at is None else asyncio.get_running_loop().call_at(at, self._speak)

    def _speak(self) -> None:
        # call_at may wake a clock tick early; what is planned is due now all the same
        self._say(self.buttons.due(max(self._now(), self.buttons.next_at or 0.0)))

    def _say(self, reports: list[bytes]) -> None:
        for report in reports:
            if self._on_report is not None:
                self._on_report(report)
        self._schedule()
