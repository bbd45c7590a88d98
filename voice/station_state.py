"""The state of a station that everybody is shown, and the words it is told in (in and out: ``station_messages``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, get_args

from voice.station_contacts import LineQuality, PastCall, SupervisorLine

CONTACT_HEADER: Final = "x-callfloor-contact"
SUPERVISION_HEADER: Final = "x-callfloor-supervise"
"""Of a call to a supervisor's phone, which is no customer's."""
MIC: Final = "mic"
EAR: Final = "ear"
MUSIC: Final = "music"
TONES: Final = "tones"
NOTICE: Final = "notice"
SILENCE: Final = "silence"
"""Keeps the clock of a tap going while nobody may be heard on it."""

StationVerb = Literal[
    "answer", "decline", "busy", "hang_up", "mute", "unmute", "hold", "resume", "swap", "dial", "redial", "consult",
    "transfer", "complete", "conference", "split", "digits", "dnd_on", "dnd_off", "record_pause", "record_resume",
    "supervise", "supervise_as", "unsupervise", "work",
]  # fmt: skip
"""``decline`` is 603 and ``busy`` 486. ``dial``, ``consult``, ``transfer`` and ``digits`` take an argument.
``transfer`` is blind; ``complete`` gives the held call to the one talked to; ``conference`` joins the two, ``split``
undoes that. ``supervise`` takes a ``SuperviseOrder``, ``supervise_as`` a ``Mode``; ``work`` takes a ``Work``, for the
busy light. What needs SIP of our own is refused behind our front, where the contact worker does it.
"""

VERBS: Final[frozenset[str]] = frozenset(get_args(StationVerb))


class Phase(Enum):
    """How far a call is."""

    IDLE = "idle"
    RINGING = "ringing"
    DIALLING = "dialling"
    IN_CALL = "in_call"
    HELD = "held"
    TAKEN = "taken"
    """A supervisor talks to the customer through this station; the agent has left."""


@dataclass(frozen=True, slots=True)
class StationPolicy:
    """``sip_calls``: this station dials, holds and transfers by SIP itself, at a foreign PBX; behind our front the
    contact worker does. ``lines``: calls at once, a consultation besides. ``domain`` completes numbers dialled.
    ``auto_answer``: take a call whose INVITE asks for it. ``capture``: calls that are no contact of our workers become
    contacts of this station's, and are tapped, after a ``notice`` has been played to them where there is one.
    """

    lines: int = 1
    sip_calls: bool = False
    domain: str = "callfloor"
    auto_answer: bool = True
    capture: bool = False
    notice: bool = False


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call. ``caller`` is the other side, whoever called, ``number`` its number alone; ``mos`` is 0.0 until it was
    measured. ``consult``: beside another call, about it; ``joined``: in the conference. ``slot`` numbers the taps of a
    call that is captured here, -1 for others; ``paused``: its recording and recognition wait; ``quality``: the last
    measurement of such a call, every five seconds another.
    """

    leg_id: str
    phase: Phase
    caller: str
    incoming: bool = True
    contact_id: str = ""
    consult: bool = False
    joined: bool = False
    held_by_peer: bool = False
    encrypted: bool = False
    mos: float = 0.0
    slot: int = -1
    paused: bool = False
    number: str = ""
    quality: LineQuality | None = None


@dataclass(frozen=True, slots=True)
class StationState:
    """The whole state of a station, sent to the floor at every change and on every connection.

    ``phase``, ``leg_id``, ``contact_id`` (from the INVITE's X-Callfloor-Contact) and ``caller`` are those of the line
    that matters now: talked to, dialled, ringing, held, in this order; empty without a call. ``mute_lock`` names what
    holds mute whatever the page says, empty for nothing. ``headset`` is the headset's name, empty without one.
    ``trouble`` is the last thing that went wrong and still is, a line fit for a person. ``pbx``: registered at a
    foreign PBX, so no calls of ours can come. ``past``: the last captured calls that are over, the newest last.
    ``supervision``: who supervises a captured call, or did last.
    """

    phase: Phase = Phase.IDLE
    registered: bool = False
    leg_id: str = ""
    contact_id: str = ""
    caller: str = ""
    muted: bool = False
    mute_lock: str = ""
    headset: str = ""
    trouble: str = ""
    lines: tuple[CallLine, ...] = ()
    do_not_disturb: bool = False
    pbx: bool = False
    past: tuple[PastCall, ...] = ()
    supervision: SupervisorLine | None = None


def tap(slot: int, party: str) -> str:
    """The port that listens to ``party`` (``caller``, ``agent``) of the captured call in ``slot``."""
    return f"tap{slot}:{party}"
