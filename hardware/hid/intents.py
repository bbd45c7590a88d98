"""The vocabulary of call control: what a headset shall show, what is written to it, what its user means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class CallPhase(Enum):
    """How far the call is, as a headset needs to know."""

    IDLE = "idle"
    RINGING = "ringing"
    IN_CALL = "in call"


@dataclass(frozen=True, slots=True)
class CallState:
    """What the headset shall show. ``muted`` and ``held`` mean something in a call only; a dialling call is in call."""

    phase: CallPhase = CallPhase.IDLE
    muted: bool = False
    held: bool = False


IDLE: Final = CallState()


@dataclass(frozen=True, slots=True)
class WriteReport:
    """Effect: send this output report, id byte first."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Intent:
    """Base of what the user meant by a button."""


@dataclass(frozen=True, slots=True)
class AnswerPressed(Intent):
    """Take the ringing call."""


@dataclass(frozen=True, slots=True)
class RejectPressed(Intent):
    """Refuse the ringing call."""


@dataclass(frozen=True, slots=True)
class HangUpPressed(Intent):
    """End the call."""


@dataclass(frozen=True, slots=True)
class CallPressed(Intent):
    """The hook key without a call: dial tone on a telephone, whatever the softphone likes here."""


@dataclass(frozen=True, slots=True)
class MuteToggled(Intent):
    """The user wants ``muted``; ``locked``: the device insists on it, its boom arm is up."""

    muted: bool
    locked: bool = False


@dataclass(frozen=True, slots=True)
class HoldPressed(Intent):
    """Flash: hold, resume or swap, by the calls there are."""


@dataclass(frozen=True, slots=True)
class KeyPressed(Intent):
    """``redial``, ``speed_dial`` or ``voice_mail``, without a call."""

    key: str


Effect = WriteReport | Intent
