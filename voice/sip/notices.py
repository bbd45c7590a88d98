"""What a callback posts to the command thread: plain fields, and native objects that nobody has touched yet.

``serial`` names one native call for good; a leg's id may be used again by a later leg.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from voice.sip.digits import DigitMethod
from voice.sip.referral import Referral


@dataclass(frozen=True, slots=True)
class Notice:
    """Base of what a callback posts."""


@dataclass(frozen=True, slots=True)
class CallArrived(Notice):
    """An INVITE: ``call`` was constructed in the callback, as pjsua2 demands, and nothing more was done with it."""

    serial: int
    call: Any
    message: str


@dataclass(frozen=True, slots=True)
class CallStateChanged(Notice):
    """``state`` is a PJSIP_INV_STATE; ``code`` and ``reason`` are of the last response."""

    serial: int
    state: int
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class MediaChanged(Notice):
    """SDP was negotiated: the leg's audio port is new, the same, or gone."""

    serial: int


@dataclass(frozen=True, slots=True)
class DigitHeard(Notice):
    """A digit began."""

    serial: int
    digit: str
    method: DigitMethod


@dataclass(frozen=True, slots=True)
class ReinviteAnswered(Notice):
    """The final answer to a re-INVITE of ours."""

    serial: int
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProbeAnswered(Notice):
    """The final answer to an OPTIONS of ours within the call, or 408 where PJSIP gave up waiting."""

    serial: int
    code: int


@dataclass(frozen=True, slots=True)
class ReferArrived(Notice):
    """A REFER; the callback waits for ``referral``."""

    serial: int
    target: str
    referral: Referral


@dataclass(frozen=True, slots=True)
class CallReferred(Notice):
    """PJSIP makes ``call`` because a REFER was accepted; posted before its first state."""

    leg_id: str
    serial: int
    call: Any


@dataclass(frozen=True, slots=True)
class CallReplaced(Notice):
    """An INVITE with Replaces: PJSIP answers ``call`` and ends the one of ``serial``."""

    serial: int
    new_serial: int
    call: Any


@dataclass(frozen=True, slots=True)
class TransferAnswered(Notice):
    """The answer to a REFER of ours, or what became of it."""

    serial: int
    code: int
    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class RegistrationAnswered(Notice):
    """The answer to a REGISTER."""

    active: bool
    code: int
    reason: str


Post = Callable[[Notice], None]
