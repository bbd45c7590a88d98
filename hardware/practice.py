"""A headset without a telephone: what its keys and lights do, and whether each key does what it should. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hardware.diagnostics import Finding
from hardware.hid.intents import (
    IDLE,
    AnswerPressed,
    CallPhase,
    CallPressed,
    CallState,
    HangUpPressed,
    HoldPressed,
    Intent,
    KeyPressed,
    MuteToggled,
    RejectPressed,
)
from hardware.hid.telephony import TelephonyLayout

RINGING: Final = CallState(CallPhase.RINGING)
IN_CALL: Final = CallState(CallPhase.IN_CALL)
MUTED: Final = CallState(CallPhase.IN_CALL, muted=True)


def obey(state: CallState, intent: Intent) -> CallState:
    """A softphone that does at once what the user wants; the hook key without a call begins one."""
    match intent:
        case AnswerPressed() | CallPressed():
            return IN_CALL
        case RejectPressed() | HangUpPressed():
            return IDLE
        case MuteToggled(muted=muted) if state.phase is CallPhase.IN_CALL:
            return replace(state, muted=muted)
        case HoldPressed() if state.phase is CallPhase.IN_CALL:
            return replace(state, held=not state.held)
    return state


@dataclass(frozen=True, slots=True)
class Moved:
    """A control of the headset stands elsewhere than before: a key or switch (input) or a light (output)."""

    name: str
    on: bool
    light: bool


class ReportLog:
    """A ReportWatcher that tells of what changed, control by control."""

    def __init__(self, tell: Callable[[Moved], None]) -> None:
        self._tell = tell
        self._layout: TelephonyLayout | None = None
        self._stood: dict[tuple[bool, str], bool] = {}

    def opened(self, layout: TelephonyLayout) -> None:
        """The device is there; nothing is known of it yet."""
        self._layout = layout
        self._stood = {}

    def heard(self, report: bytes) -> None:
        """An input report."""
        values = None if self._layout is None else self._layout.decode(report)
        for name, value in (values or {}).items():
            self._stands(name, value != 0, light=False)

    def wrote(self, report: bytes) -> None:
        """An output report."""
        lights = {} if self._layout is None else self._layout.outputs.get(report[0], {})
        for name, control in lights.items():
            self._stands(name, control.read(report[1:]) != 0, light=True)

    def _stands(self, name: str, on: bool, *, light: bool) -> None:
        if self._stood.get((light, name), False) != on:
            self._stood[light, name] = on
            self._tell(Moved(name, on, light))


@dataclass(frozen=True, slots=True)
class Step:
    """One press: in ``state`` the user is told ``ask`` and should mean ``expected``. ``required`` of every headset."""

    ask: str
    state: CallState
    expected: Intent
    required: bool = False


def steps_for(layout: TelephonyLayout) -> list[Step]:
    """What a headset of this layout can be asked to do, in the order of a call."""
    keys = {name for controls in layout.inputs.values() for name in controls}
    steps = []
    if "hook" in keys:
        steps.append(Step("it rings: press the call key to answer", RINGING, AnswerPressed(), required=True))
    if "mute" in keys:
        steps.append(Step("press mute", IN_CALL, MuteToggled(True), required=True))
        steps.append(Step("press mute again", MUTED, MuteToggled(False), required=True))
    if "flash" in keys:
        steps.append(Step("press hold (flash; on some, hold the call key down)", IN_CALL, HoldPressed()))
    if "hook" in keys:
        steps.append(Step("press the call key to hang up", IN_CALL, HangUpPressed(), required=True))
    if keys & {"reject", "drop"}:
        steps.append(Step("it rings: press reject (on some, hold the call key down)", RINGING, RejectPressed()))
    if "redial" in keys:
        steps.append(Step("press redial", IDLE, KeyPressed("redial")))
    return steps


class ButtonTest:
    """The guided test: one step after another. ``step`` is the present one, None at the end.

    The owner shows ``step.state`` on the headset, calls ``pressed`` for each intent and ``gave_up`` when nobody pressed
    for long enough.
    """

    def __init__(self, layout: TelephonyLayout) -> None:
        self._steps = steps_for(layout)
        self._wrong: list[Intent] = []
        self.findings: list[Finding] = []
        """One a step that is over, in plain words."""
        if not self._steps:
            self.findings.append(Finding(False, "this device has no call keys"))

    @property
    def step(self) -> Step | None:
        """What the user should do now."""
        return self._steps[0] if self._steps else None

    def pressed(self, intent: Intent) -> bool:
        """The user meant that; whether the step is over. Anything but what was asked for is remembered and waits."""
        if self.step is None:
            return False
        if intent != self.step.expected:
            self._wrong.append(intent)
            return False
        self._over(Finding(True, f"{self.step.ask}: done"))
        return True

    def gave_up(self) -> None:
        """Nothing fitting came."""
        if self.step is None:
            return
        if self._wrong:
            meant = ", ".join(describe(intent) for intent in self._wrong)
            self._over(Finding(False, f"{self.step.ask}: the headset said {meant} instead"))
        elif self.step.required:
            self._over(Finding(False, f"{self.step.ask}: nothing came"))
        else:
            self._over(Finding(True, f"{self.step.ask}: nothing came; fine if it has no such key"))

    @property
    def fit(self) -> bool:
        """Whether calls can be handled on this headset."""
        return self.step is None and all(finding.good for finding in self.findings)

    def _over(self, finding: Finding) -> None:
        self.findings.append(finding)
        del self._steps[0]
        self._wrong.clear()


def describe(intent: Intent) -> str:
    """An intent in plain words."""
    match intent:
        case MuteToggled(muted=muted, locked=locked):
            return ("mute" if muted else "unmute") + (" (the boom arm is up)" if locked else "")
        case KeyPressed(key=key):
            return key.replace("_", " ")
    names = {AnswerPressed: "answer", RejectPressed: "reject", HangUpPressed: "hang up", CallPressed: "call"}
    return names.get(type(intent), "hold")
