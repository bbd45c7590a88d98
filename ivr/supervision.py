"""Supervision of a contact: the commands its worker takes and the events it publishes.

A supervisor's leg is dialled by the contact's worker, to her station or any other phone, and begins in LISTEN: nobody
hears her until she asks for it, by command or on her phone (``#`` and then 4 listen, 5 whisper, 6 barge).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voice.calls import Role
from voice.commands import Command
from voice.events import Event
from voice.hearing import Mode

Tones = tuple[tuple[Mode, tuple[Role, ...]], ...]
"""Who hears a short tone when the supervisor enters a mode; modes that are not named change silently."""


@dataclass(frozen=True, slots=True)
class SupervisionStarted(Event):
    """The supervisor's leg is connected, in LISTEN. ``agent``: who is supervised, empty in the flow and the queue."""

    type: ClassVar[str] = "supervision.started"
    supervisor: str
    agent: str


@dataclass(frozen=True, slots=True)
class SupervisionModeChanged(Event):
    """``by``: ``command`` (the board), ``phone`` (her digits), ``system`` (the agent left, so she only listens)."""

    type: ClassVar[str] = "supervision.mode"
    supervisor: str
    agent: str
    mode: Mode
    by: str


@dataclass(frozen=True, slots=True)
class SupervisionEnded(Event):
    """The supervisor's leg is over, from ``mode``, ``lasted_s`` seconds after it was connected."""

    type: ClassVar[str] = "supervision.ended"
    supervisor: str
    agent: str
    mode: Mode
    lasted_s: float


@dataclass(frozen=True, slots=True)
class SupervisionFailed(Event):
    """The supervisor's phone did not answer, was busy or could not be reached. ``code`` is SIP's."""

    type: ClassVar[str] = "supervision.failed"
    supervisor: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Supervise(Command):
    """To ``contact.<id>``: dial ``address`` (a SIP URI) and let her listen. One supervisor at a time; the same one
    again changes nothing.
    """

    type: ClassVar[str] = "contact.supervise"
    supervisor: str
    address: str
    tones: Tones = ()
    ring_s: float = 20.0


@dataclass(frozen=True, slots=True)
class SetSupervisionMode(Command):
    """To ``contact.<id>``: what the supervisor may do from now on. After a takeover there is no way back."""

    type: ClassVar[str] = "contact.supervision_mode"
    supervisor: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class EndSupervision(Command):
    """To ``contact.<id>``: hang up the supervisor's leg."""

    type: ClassVar[str] = "contact.end_supervision"
    supervisor: str


SUPERVISION_EVENTS: tuple[type[Event], ...] = (
    SupervisionStarted, SupervisionModeChanged, SupervisionEnded, SupervisionFailed,
)  # fmt: skip
SUPERVISION_COMMANDS: tuple[type[Command], ...] = (Supervise, SetSupervisionMode, EndSupervision)
