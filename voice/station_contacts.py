"""What a station tells of the contacts that are its own, calls of a foreign PBX: how they sound, how they ended, and
who supervises them. No worker does it for them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Final

from voice.calls import Role
from voice.hearing import Mode
from voice.phone import LegQuality

PAST_CALLS: Final = 8
"""Calls that are over a station still tells of: what a floor that was away may have missed."""

Tones = tuple[tuple[Mode, tuple[Role, ...]], ...]
"""Who hears a short tone when the supervisor enters a mode; modes that are not named change silently."""


@dataclass(frozen=True, slots=True)
class LineQuality:
    """The ``number``-th measurement of a call (from 1), as ``voice.events.QualityMeasured`` has it."""

    number: int
    mos: float
    far_mos: float
    received: int
    loss: float
    jitter_ms: float
    rtt_ms: float

    @classmethod
    def of(cls, number: int, seen: LegQuality) -> LineQuality:
        """Rounded as a worker rounds."""
        mos, far_mos, loss = round(seen.mos, 2), round(seen.far_mos, 2), round(seen.loss, 4)
        return cls(number, mos, far_mos, seen.received, loss, round(seen.jitter_ms, 1), round(seen.rtt_ms, 1))


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a captured call: the recording's file at the station (empty: none), its seconds, and how many of
    them were silenced by redaction.
    """

    recording: str = ""
    recorded_s: float = 0.0
    silenced_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PastCall:
    """A captured call that is over, after ``lasted_s`` seconds. ``ended_by``: ``caller``, ``agent``, ``supervisor``.
    ``kept`` is None until every word is in and the recording is finished.
    """

    contact_id: str
    lasted_s: float
    ended_by: str
    kept: Kept | None = None


class VisitPhase(Enum):
    """How far a supervisor's leg is."""

    DIALLING = "dialling"
    CONNECTED = "connected"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SupervisorLine:
    """The supervisor's leg; once it is OVER, how it ended (``code``, ``reason`` of SIP). ``mode`` is None until she was
    connected; ``by``: ``command``, ``phone`` (her digits).
    """

    leg_id: str
    supervisor: str
    contact_id: str
    phase: VisitPhase = VisitPhase.DIALLING
    mode: Mode | None = None
    by: str = "command"
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SuperviseOrder:
    """The argument of the command ``supervise``: dial ``to`` (a number of the PBX, or a SIP URI) and let
    ``supervisor`` hear the contact.
    """

    supervisor: str
    contact_id: str
    to: str
    tones: Tones = ()

    def __str__(self) -> str:
        """JSON."""
        tones = {mode.value: list(hearers) for mode, hearers in self.tones}
        return json.dumps([self.supervisor, self.contact_id, self.to, tones])

    @classmethod
    def parse(cls, text: str) -> SuperviseOrder:
        """Raises ValueError."""
        match json.loads(text):
            case [str(supervisor), str(contact_id), str(to), dict(tones)]:
                return cls(supervisor, contact_id, to, tuple(_tone(mode, who) for mode, who in tones.items()))
        raise ValueError(f"no order to supervise: {text[:80]}")


def _tone(mode: str, hearers: object) -> tuple[Mode, tuple[Role, ...]]:
    if not isinstance(hearers, list):
        raise ValueError(f"not a list: {hearers!r}")
    return Mode(mode), tuple(Role(each) for each in hearers)
