"""The event envelope, the codec, and the events of ``voice`` itself.

An event is a frozen, slotted dataclass in the past tense, deriving from ``Event``; its vocabulary lives with the
package that produces it. ``durable`` events (contact, final utterance, card, audit) are delivered at least once and
carry an id for de-duplication; the others are *live* (partials, levels), delivered at most once. See ``voice.bus``.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pydantic
from pydantic import TypeAdapter, ValidationError

from voice.clock import Clock
from voice.errors import CallfloorError


class UnknownTypeError(CallfloorError):
    """A message names a type this process has not registered: count it, log it once, ignore it."""


class MalformedError(CallfloorError):
    """Bytes from the bus that are not an envelope of ours."""


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events. Subclasses set ``type`` (dotted, as in the conventions page) and may set ``durable``."""

    type: ClassVar[str] = ""
    durable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event on its way.

    ``id`` is unique; ``at`` is Unix seconds; ``seq`` rises by one per publishing process (``source``);
    ``cause_id`` is the id of the envelope or command that led to this one.
    """

    id: str
    at: float
    source: str
    seq: int
    event: Event
    contact_id: str | None = None
    cause_id: str | None = None


@dataclass(frozen=True, slots=True)
class LegRinging(Event):
    """A leg we dialled is ringing (SIP 180)."""

    type: ClassVar[str] = "leg.ringing"
    leg_id: str
    role: str
    address: str


@dataclass(frozen=True, slots=True)
class LegAnswered(Event):
    """A leg is connected (SIP 200 and ACK) and its audio may flow."""

    type: ClassVar[str] = "leg.answered"
    leg_id: str
    role: str
    address: str


@dataclass(frozen=True, slots=True)
class LegEnded(Event):
    """A leg is over. ``code`` is the SIP status, 0 where none was given."""

    type: ClassVar[str] = "leg.ended"
    leg_id: str
    role: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class DigitReceived(Event):
    """A telephone-event (RFC 4733) digit; ``digit`` is ``*`` where the gather in force masks its input."""

    type: ClassVar[str] = "leg.digit"
    leg_id: str
    digit: str


@dataclass(frozen=True, slots=True)
class QualityMeasured(Event):
    """How a leg sounded in the last 5 s: MOS by the E-model (``voice.quality``), 1.0..4.5; below 3.6 people complain.

    ``mos`` of what the leg's party says, as we hear it; ``far_mos`` of what it hears from us, by its own RTCP.
    ``received`` packets; ``loss`` 0..1; times in milliseconds, ``rtt_ms`` 0.0 until RTCP has answered.
    """

    type: ClassVar[str] = "leg.quality"
    leg_id: str
    role: str
    mos: float
    far_mos: float
    received: int
    loss: float
    jitter_ms: float
    rtt_ms: float


@dataclass(frozen=True, slots=True)
class WorkerLost(Event):
    """A contact worker process died; the front has sent BYE on every leg it had."""

    type: ClassVar[str] = "worker.lost"
    worker_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ServiceChanged(Event):
    """A process of this machine started (``up``) or ended; ``name`` as in ``callfloor serve``. Said again to a floor
    that starts.
    """

    type: ClassVar[str] = "service.changed"
    name: str
    up: bool


VOICE_EVENTS: tuple[type[Event], ...] = (
    LegRinging, LegAnswered, LegEnded, DigitReceived, QualityMeasured, WorkerLost, ServiceChanged,
)  # fmt: skip


@pydantic.dataclasses.dataclass(frozen=True)
class _Wire:
    id: str
    at: float
    source: str
    seq: int
    type: str
    data: dict[str, Any]
    contact_id: str | None = None
    cause_id: str | None = None


class EventCodec:
    """Envelope ↔ JSON object, for a closed set of event types chosen at composition."""

    def __init__(self, types: Iterable[type[Event]]) -> None:
        self.types = tuple(types)
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self._wire = TypeAdapter(_Wire)
        for cls in self.types:
            if not cls.type or cls.type in self._adapters:
                raise ValueError(f"event type {cls.type!r} of {cls.__name__} is empty or registered twice")
            self._adapters[cls.type] = TypeAdapter(cls)

    def encode(self, envelope: Envelope) -> dict[str, Any]:
        """A JSON-ready object. Raises UnknownTypeError for a type that was not registered."""
        event = envelope.event
        return {
            "id": envelope.id,
            "at": envelope.at,
            "source": envelope.source,
            "seq": envelope.seq,
            "type": event.type,
            "data": self._adapter(event.type).dump_python(event, mode="json"),
            "contact_id": envelope.contact_id,
            "cause_id": envelope.cause_id,
        }

    def decode(self, message: object) -> Envelope:
        """The envelope of a JSON object. Raises UnknownTypeError or MalformedError."""
        try:
            wire = self._wire.validate_python(message)
            event = self._adapter(wire.type).validate_python(wire.data)
        except ValidationError as error:
            raise MalformedError(f"not an event: {error.errors()[0]['msg']}") from None
        return Envelope(wire.id, wire.at, wire.source, wire.seq, event, wire.contact_id, wire.cause_id)

    def _adapter(self, name: str) -> TypeAdapter[Any]:
        try:
            return self._adapters[name]
        except KeyError:
            raise UnknownTypeError(f"event type {name!r} is not registered here") from None


class EnvelopeFactory:
    """Puts events of one process into envelopes: unique ids, rising seq, wall-clock time."""

    def __init__(self, source: str, clock: Clock, new_id: Callable[[], str] | None = None) -> None:
        self.source = source
        self._clock = clock
        self._new_id = new_id or new_identifier
        self._seq = itertools.count(1)

    def wrap(self, event: Event, contact_id: str | None = None, cause_id: str | None = None) -> Envelope:
        """The envelope of ``event``, stamped now."""
        return Envelope(self._new_id(), self._clock.wall(), self.source, next(self._seq), event, contact_id, cause_id)


def new_identifier() -> str:
    """A short unique id (128 random bits, hex)."""
    return uuid.uuid4().hex
