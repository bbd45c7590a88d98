"""Call control of a telephony headset: the conversation between its buttons and lights and the softphone.

A headset does not report key presses; host and device agree on a state. The host writes the off-hook light and the
device acknowledges with its hook switch; a press changes the hook switch first, and the host must answer with the
light, or the device goes back. So a hook that comes to stand as we want it is an acknowledgement, and any other is
what the user wants. (HID Usage Tables, chapter 14, and the vendors' call control guides.)

Pure: reports and states in, ``WriteReport`` and intents out; the time is an argument. The owner answers every intent
by calling ``set_state`` with the state that now holds, even an unchanged one; the lights the user's press asked for
are then written again in any case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from hardware.hid.intents import (
    IDLE,
    AnswerPressed,
    CallPhase,
    CallPressed,
    CallState,
    Effect,
    HangUpPressed,
    HoldPressed,
    KeyPressed,
    MuteToggled,
    RejectPressed,
    WriteReport,
)
from hardware.hid.quirks import DEFAULT, Quirks
from hardware.hid.telephony import ControlStyle, TelephonyLayout

BASELINE_S: Final = 0.5
"""A first report within this time of opening tells how the device stands; later ones are events."""

MAX_ACKS: Final = 8
"""Acknowledgements waited for at once; of more, the oldest are forgotten."""

LATE_ACK_S: Final = 2.0
"""A hook that falls while ringing, this long after our last off-hook change, is no acknowledgement but a reject."""

MUTE_ECHO_S: Final = 0.7
"""A mute pulse this soon after the host's own change of mute is the device's answer to it."""

MUTE_LOCK_S: Final = 1.0
"""Two pulses within this time while the boom arm holds mute are one: still muted."""


_DRIVEN: Final = frozenset({"off_hook", "mute", "ring", "hold", "ringer"})
_KEYS: Final = ("redial", "speed_dial", "voice_mail")
_NEVER: Final = float("-inf")


class CallControl:
    """One headset. Without a telephony layout it writes nothing and means nothing."""

    def __init__(self, layout: TelephonyLayout, quirks: Quirks = DEFAULT) -> None:
        self._layout = layout
        self._quirks = quirks
        names = {name for controls in layout.outputs.values() for name in controls}
        self._mute_lights = {"mute"} & names or {"microphone"} & names
        if quirks.microphone_light:
            self._mute_lights |= {"microphone"} & names
        self._driven = _DRIVEN | self._mute_lights
        self._state = IDLE
        self._seen: dict[str, int] = {}
        self._hook = False
        self._opened_at = _NEVER
        self._baseline_due = True
        self._off_hook_at = _NEVER
        self._acks: deque[tuple[bool, float]] = deque(maxlen=MAX_ACKS)
        self._host_mute = (False, _NEVER)
        self._locked = False
        self._unlocked_at = _NEVER
        self._answer: frozenset[str] = frozenset()
        self._written: dict[int, bytes] = {}

    @property
    def state(self) -> CallState:
        """What the headset was last told."""
        return self._state

    @property
    def mute_locked(self) -> bool:
        """Whether the device's boom arm holds mute."""
        return self._locked

    def opened(self, now: float) -> tuple[WriteReport, ...]:
        """The device was opened, or came back: it is told the state that holds; its first report is the baseline."""
        self._seen = {}
        self._hook = False
        self._opened_at = self._off_hook_at = now
        self._baseline_due = True
        self._acks.clear()
        self._host_mute = (False, _NEVER)
        self._locked = False
        self._answer = frozenset()
        self._written = {}
        return self._write(frozenset(self._driven))

    def set_state(self, state: CallState, now: float) -> tuple[WriteReport, ...]:
        """The call's state, from the softphone: after every change, and after every intent."""
        before, self._state = self._state, state
        if state.phase is not CallPhase.IN_CALL:
            self._locked = False
        elif before.phase is CallPhase.IN_CALL and state.muted != before.muted and "mute" not in self._answer:
            self._host_mute = (state.muted, now)
        if self._is_off_hook(before) != self._is_off_hook(state):
            off_hook = self._is_off_hook(state)
            if self._acks or self._hook != off_hook:
                self._acks.append((off_hook, now + self._quirks.ack_window_s))
            self._off_hook_at = now
        answer, self._answer = self._answer, frozenset()
        return self._write(answer)

    def closing(self) -> tuple[WriteReport, ...]:
        """The program ends: leave the device idle."""
        self._state = IDLE
        return self._write(frozenset(self._driven))

    def report(self, data: bytes, now: float) -> tuple[Effect, ...]:
        """An input report, id byte included where reports are numbered. Reports of other kinds mean nothing here."""
        values = self._layout.decode(data)
        if values is None:
            return ()
        baseline, self._baseline_due = self._baseline_due and now - self._opened_at < BASELINE_S, False
        before, self._seen = self._seen, {**self._seen, **values}
        if baseline:
            self._hook = bool(values.get("hook", 0))
            return ()
        pressed = {name for name, value in values.items() if self._is_press(name, value, before.get(name, 0))}
        effects: list[Effect] = []
        effects += self._hook_moved(values, pressed, now)
        if not effects:
            effects += self._ended(pressed)
        effects += self._mute_moved(values, before, pressed, now)
        effects += self._keys(pressed)
        return tuple(effects)

    @staticmethod
    def _is_off_hook(state: CallState) -> bool:
        return state.phase is CallPhase.IN_CALL

    def _is_press(self, name: str, value: int, before: int) -> bool:
        if self._layout.style(name) in (ControlStyle.TOGGLE, ControlStyle.ON_OFF):
            return value == 1  # relative: each 1 counts, no 0 need come between
        return value == 1 and before != 1

    def _hook_moved(self, values: Mapping[str, int], pressed: set[str], now: float) -> list[Effect]:
        if self._layout.style("hook") is ControlStyle.TOGGLE:
            level = self._hook != ("hook" in pressed)
        else:
            level = bool(values.get("hook", self._hook))
        if level == self._hook:
            return []
        self._hook = level
        if self._is_acknowledgement(level, now):
            return []
        if level == self._is_off_hook(self._state):
            unasked = now - self._off_hook_at >= LATE_ACK_S and "off_hook" not in self._answer
            return self._refuse() if self._state.phase is CallPhase.RINGING and unasked else []
        if now - self._off_hook_at < self._quirks.ignore_hook_s:
            return list(self._write(frozenset({"off_hook"})))  # say again how it shall stand
        self._answer |= {"off_hook"}
        match self._state.phase:
            case CallPhase.RINGING:
                return [AnswerPressed()]
            case CallPhase.IN_CALL:
                return [HangUpPressed()]
        return [CallPressed()]

    def _is_acknowledgement(self, level: bool, now: float) -> bool:
        """Whether one of our off-hook reports of the last moments asked for this, even one replaced by a newer."""
        while self._acks and self._acks[0][1] <= now:
            self._acks.popleft()
        if level not in (asked for asked, _ in self._acks):
            return False
        while self._acks.popleft()[0] != level:
            pass  # a device may skip states that did not last
        return True

    def _ended(self, pressed: set[str]) -> list[Effect]:
        if self._state.phase is CallPhase.RINGING and pressed & {"reject", "drop"}:
            return self._refuse()
        if self._state.phase is CallPhase.IN_CALL and "drop" in pressed:
            self._answer |= {"off_hook"}
            return [HangUpPressed()]
        return []

    def _refuse(self) -> list[Effect]:
        self._answer |= {"off_hook", "ring"}
        return [RejectPressed()]

    def _mute_moved(
        self, values: Mapping[str, int], before: Mapping[str, int], pressed: set[str], now: float
    ) -> list[Effect]:
        if self._state.phase is not CallPhase.IN_CALL or "mute" not in values:
            return []
        value = values["mute"]
        match self._layout.style("mute"):
            case ControlStyle.LEVEL:
                wanted = bool(value) if value != before.get("mute", 0) else self._state.muted
                return self._mute_to(wanted, locked=False) if wanted != self._state.muted else []
            case ControlStyle.ON_OFF:
                return self._mute_to(value > 0, locked=False) if value else []
        return self._mute_pulse(now) if "mute" in pressed else []

    def _mute_pulse(self, now: float) -> list[Effect]:
        muted_by_host, at = self._host_mute
        if now - at < MUTE_ECHO_S:
            if muted_by_host:
                return []
            self._host_mute = (False, _NEVER)
            self._locked = True
            return self._mute_to(True, locked=True)
        if self._locked:
            if self._state.muted:  # the arm came down, unless a second pulse says otherwise
                self._unlocked_at = now
                return self._mute_to(False, locked=False)
            if now - self._unlocked_at < MUTE_LOCK_S:
                return self._mute_to(True, locked=True)
            self._locked = False
        return self._mute_to(not self._state.muted, locked=False)

    def _mute_to(self, muted: bool, *, locked: bool) -> list[Effect]:
        self._answer |= self._mute_lights | {"mute"}
        return [MuteToggled(muted, locked)]

    def _keys(self, pressed: set[str]) -> list[Effect]:
        if self._state.phase is CallPhase.IN_CALL and "flash" in pressed:
            self._answer |= {"hold"}
            return [HoldPressed()]
        if self._state.phase is CallPhase.IDLE:
            return [KeyPressed(key) for key in _KEYS if key in pressed]
        return []

    def _lit(self) -> set[str]:
        state = self._state
        match state.phase:
            case CallPhase.IDLE:
                return set()
            case CallPhase.RINGING:
                return {"ring", "ringer"}
        lit = {"off_hook"}
        if state.muted:
            lit |= self._mute_lights
        if state.held:
            lit.add("hold")
        return lit

    def _write(self, again: frozenset[str]) -> tuple[WriteReport, ...]:
        """Whole reports, where they changed or hold a light in ``again``."""
        effects = []
        for report_id, data in self._layout.encode(self._lit(), self._driven).items():
            if self._written.get(report_id) != data or not again.isdisjoint(self._layout.outputs[report_id]):
                self._written[report_id] = data
                effects.append(WriteReport(data))
        return tuple(effects)
