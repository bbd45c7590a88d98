"""The commands a contact's worker takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr.controls import CONTROL_COMMANDS
from ivr.outbound import OUTBOUND_COMMANDS
from ivr.self_service import SELF_SERVICE_COMMANDS
from voice.commands import Command


@dataclass(frozen=True, slots=True)
class ConnectAgent(Command):
    """To ``contact.<id>``: ring this agent's station and, when answered, connect. ``address`` is a SIP URI."""

    type: ClassVar[str] = "contact.connect_agent"
    agent: str
    address: str
    lease_id: str
    ring_s: float = 15.0


@dataclass(frozen=True, slots=True)
class TellPlace(Command):
    """To ``contact.<id>``: ``ahead`` callers are before this one, who will wait ``low_s`` to ``high_s`` seconds (both
    None where nothing honest can be said).
    """

    type: ClassVar[str] = "contact.tell_place"
    ahead: int
    low_s: float | None = None
    high_s: float | None = None


@dataclass(frozen=True, slots=True)
class TellFacts(Command):
    """To ``contact.<id>``: is the caller in the directory, a VIP; and of each queue (name, waiting, agents at work)."""

    type: ClassVar[str] = "contact.tell_facts"
    known: bool
    vip: bool
    queues: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class LeaveQueue(Command):
    """To ``contact.<id>``: the queue does not take, or keep, it. ``reason``: ``empty`` (nobody is there), ``full``."""

    type: ClassVar[str] = "contact.leave_queue"
    reason: str


@dataclass(frozen=True, slots=True)
class EndContact(Command):
    """To ``contact.<id>``: hang up every leg."""

    type: ClassVar[str] = "contact.end"
    by: str


CONTACT_COMMANDS: tuple[type[Command], ...] = (
    ConnectAgent, TellPlace, TellFacts, LeaveQueue, EndContact, *CONTROL_COMMANDS, *OUTBOUND_COMMANDS,
    *SELF_SERVICE_COMMANDS,
)  # fmt: skip
