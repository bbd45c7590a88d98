"""The vocabulary of contacts that we begin. A worker is claimed at the front, says that it is ready, and is told whom
to call: the agent first, then the customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voice.commands import Command
from voice.events import Event


@dataclass(frozen=True, slots=True)
class OutboundReady(Event):
    """A worker that was claimed for ``order`` takes commands for the contact of this event."""

    type: ClassVar[str] = "contact.outbound_ready"
    durable: ClassVar[bool] = False
    order: str


@dataclass(frozen=True, slots=True)
class CustomerReached(Event):
    """The customer we called has answered."""

    type: ClassVar[str] = "contact.customer_reached"


@dataclass(frozen=True, slots=True)
class RecordingAnnounced(Event):
    """The customer we called has heard the whole notice: recognition and recording begin with this."""

    type: ClassVar[str] = "contact.recording_announced"


@dataclass(frozen=True, slots=True)
class CustomerUnreached(Event):
    """The customer we called did not answer, was busy or cannot be reached; ``code`` is SIP's."""

    type: ClassVar[str] = "contact.customer_unreached"
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallbackSettled(Event):
    """A promised call is over (``callback_id``): kept, or given up for ``reason`` after ``attempts``."""

    type: ClassVar[str] = "callback.settled"
    callback_id: str
    kept: bool
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallCustomer(Command):
    """To ``contact.<id>`` of a worker that is ready: ring ``agent`` (by ``lease_id``), then ``number`` at ``address``
    (a SIP URI) for ``ring_s``. ``queue``, ``priority``, ``since``: the place of the promise that is kept, if it is one.
    """

    type: ClassVar[str] = "contact.call_customer"
    number: str
    address: str
    agent: str
    agent_address: str
    lease_id: str
    queue: str = ""
    priority: int = 5
    since: float = 0.0
    ring_s: float = 30.0
    agent_ring_s: float = 15.0


@dataclass(frozen=True, slots=True)
class CallbackTried(Event):
    """A promised call waits again: ``attempts`` tries were in vain so far, and the next is not made before
    ``not_before`` (Unix seconds).
    """

    type: ClassVar[str] = "callback.tried"
    callback_id: str
    attempts: int
    not_before: float


OUTBOUND_EVENTS: tuple[type[Event], ...] = (
    OutboundReady, CustomerReached, RecordingAnnounced, CustomerUnreached, CallbackTried, CallbackSettled,
)  # fmt: skip
OUTBOUND_COMMANDS: tuple[type[Command], ...] = (CallCustomer,)
