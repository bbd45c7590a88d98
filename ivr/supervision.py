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


@dataclass(frozen=True, slots=True)
class BridgeOpened(Event):
    """The supervisor's telephone is connected to a worker of its own (``worker_id``; commands to ``contact.<id>`` of
    ``bridge_id``). Contacts reach her at ``address``, a SIP URI, for as long as it lasts. Said again to a floor that
    starts.
    """

    type: ClassVar[str] = "supervision.bridge_opened"
    durable: ClassVar[bool] = False
    supervisor: str
    bridge_id: str
    worker_id: str
    address: str


@dataclass(frozen=True, slots=True)
class BridgeClosed(Event):
    """Her call is over, or never began; ``code`` is SIP's."""

    type: ClassVar[str] = "supervision.bridge_closed"
    durable: ClassVar[bool] = False
    supervisor: str
    bridge_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class OpenBridge(Command):
    """To ``contact.<id>`` of a worker that was claimed and has no contact: dial the supervisor at ``address``, at first
    for ``contact_id``, and let contacts call in.
    """

    type: ClassVar[str] = "supervision.open_bridge"
    supervisor: str
    address: str
    contact_id: str
    ring_s: float = 20.0


@dataclass(frozen=True, slots=True)
class CloseBridge(Command):
    """To the same: hang up her telephone."""

    type: ClassVar[str] = "supervision.close_bridge"
    supervisor: str


BRIDGE_EVENTS: tuple[type[Event], ...] = (BridgeOpened, BridgeClosed)
"""Between workers and floor only."""
SUPERVISION_EVENTS: tuple[type[Event], ...] = (
    SupervisionStarted, SupervisionModeChanged, SupervisionEnded, SupervisionFailed,
)  # fmt: skip
SUPERVISION_COMMANDS: tuple[type[Command], ...] = (
    Supervise, SetSupervisionMode, EndSupervision, OpenBridge, CloseBridge,
)  # fmt: skip
