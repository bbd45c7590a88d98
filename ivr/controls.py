"""The vocabulary of call control within a contact: hold, consult, transfer, conference. Events and commands.

Commands go to ``contact.<id>``; ``by`` is the agent who has the contact, and anybody else is refused. All may be
repeated: what is already so is answered ``ok``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from voice.commands import Command
from voice.events import Event

TargetKind = Literal["agent", "queue", "number"]


@dataclass(frozen=True, slots=True)
class HoldChanged(Event):
    """The customer was put on hold (``held``: music, no recognition) or taken off it by ``agent``."""

    type: ClassVar[str] = "contact.hold_changed"
    agent: str
    held: bool


@dataclass(frozen=True, slots=True)
class ConsultStarted(Event):
    """The worker dials ``party`` for ``agent``, whose customer waits. ``kind``: agent or number."""

    type: ClassVar[str] = "contact.consult_started"
    agent: str
    kind: TargetKind
    party: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class ConsultAnswered(Event):
    """Agent and ``party`` talk."""

    type: ClassVar[str] = "contact.consult_answered"
    agent: str
    party: str


@dataclass(frozen=True, slots=True)
class ConsultEnded(Event):
    """``party`` is no longer with ``agent``, and did not take the contact. ``reason``: cancelled, left, customer left,
    station lost, or why there was no answer.
    """

    type: ClassVar[str] = "contact.consult_ended"
    agent: str
    kind: TargetKind
    party: str
    reason: str


@dataclass(frozen=True, slots=True)
class ConferenceStarted(Event):
    """Customer, ``agent`` and ``party`` talk together."""

    type: ClassVar[str] = "contact.conference_started"
    agent: str
    party: str


@dataclass(frozen=True, slots=True)
class ContactTransferred(Event):
    """``agent`` gave the contact away and is free. ``done``: ``to`` talks to the customer (an agent: by ``lease_id``);
    otherwise it rings there first, or the contact waits in that queue. Both are said of a transfer unannounced.
    """

    type: ClassVar[str] = "contact.transferred"
    agent: str
    kind: TargetKind
    to: str
    done: bool
    lease_id: str = ""


@dataclass(frozen=True, slots=True)
class TransferFailed(Event):
    """``to`` did not take the contact that ``agent`` gave away: it waits again."""

    type: ClassVar[str] = "contact.transfer_failed"
    agent: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgentLost(Event):
    """``agent``'s station has sent no sound for ``silent_s`` seconds and does not answer, or no longer knows the call:
    its leg is hung up, the customer waits again.
    """

    type: ClassVar[str] = "contact.agent_lost"
    agent: str
    lease_id: str
    silent_s: float


@dataclass(frozen=True, slots=True)
class AgentWanted(Event):
    """The flow dials ``agent``: the floor answers with ConnectAgent or AgentRefused, or not at all."""

    type: ClassVar[str] = "contact.agent_wanted"
    durable: ClassVar[bool] = False
    agent: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class AgentRefused(Command):
    """The agent the flow wants cannot be had (unknown, busy, away)."""

    type: ClassVar[str] = "contact.agent_refused"
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class HoldCustomer(Command):
    """Put the customer on hold (``on``), or talk to the customer again."""

    type: ClassVar[str] = "contact.hold"
    by: str
    on: bool


@dataclass(frozen=True, slots=True)
class Consult(Command):
    """Put the customer on hold and dial ``party``: an agent by ``lease_id``, or a number. ``address`` is a SIP URI."""

    type: ClassVar[str] = "contact.consult"
    by: str
    kind: TargetKind
    party: str
    address: str
    lease_id: str = ""
    ring_s: float = 25.0


@dataclass(frozen=True, slots=True)
class Swap(Command):
    """From the customer to the party consulted, or back."""

    type: ClassVar[str] = "contact.swap"
    by: str


@dataclass(frozen=True, slots=True)
class CancelConsult(Command):
    """Let the party consulted go and talk to the customer."""

    type: ClassVar[str] = "contact.cancel_consult"
    by: str


@dataclass(frozen=True, slots=True)
class Confer(Command):
    """All three talk."""

    type: ClassVar[str] = "contact.conference"
    by: str


@dataclass(frozen=True, slots=True)
class CompleteTransfer(Command):
    """Give the customer to the party consulted: at once, or when it answers where it still rings."""

    type: ClassVar[str] = "contact.complete_transfer"
    by: str


@dataclass(frozen=True, slots=True)
class TransferContact(Command):
    """Give the contact away unannounced. To a ``queue`` it goes by way of the ACD; an ``agent`` (by ``lease_id``) or a
    ``number`` is dialled at ``address``, and where it does not answer the contact waits for ``by`` before anyone else.
    """

    type: ClassVar[str] = "contact.transfer"
    by: str
    kind: TargetKind
    to: str
    address: str = ""
    lease_id: str = ""
    ring_s: float = 25.0


@dataclass(frozen=True, slots=True)
class SendDigits(Command):
    """Press keys (``0-9*#A-D``, RFC 4733) towards whoever the agent talks to, but not another agent."""

    type: ClassVar[str] = "contact.send_digits"
    by: str
    digits: str


ControlCommand = (
    HoldCustomer | Consult | Swap | CancelConsult | Confer | CompleteTransfer | TransferContact | SendDigits
)

CONTROL_EVENTS: tuple[type[Event], ...] = (
    HoldChanged, ConsultStarted, ConsultAnswered, ConsultEnded, ConferenceStarted, ContactTransferred, TransferFailed,
    AgentLost, AgentWanted,
)  # fmt: skip
CONTROL_COMMANDS: tuple[type[Command], ...] = (
    HoldCustomer, Consult, Swap, CancelConsult, Confer, CompleteTransfer, TransferContact, SendDigits, AgentRefused,
)  # fmt: skip
