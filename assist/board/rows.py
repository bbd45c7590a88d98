"""The rows of the board: values, as JSON on the wire. Times are Unix seconds, 0.0 where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

from assist.metrics.targets import DEFAULT_VARIANT


@dataclass(frozen=True, slots=True)
class QueueRow:
    """``longest_since``: when the one who waits longest began to. ``working`` agents serve it, ``free`` of them are
    available. Of today: ``offered``, ``answered``, ``abandoned`` (counts), ``service_level`` and ``abandon_rate`` in
    per cent, None before there is anything to divide by. The level is of ``variant`` (1..5, see ``ServiceLevel``),
    wanted are ``target`` per cent within ``answer_s`` seconds. ``wait_low_s``, ``wait_high_s``: what one
    who came now would wait, None where nothing honest can be said.
    """

    id: str
    waiting: int = 0
    longest_since: float = 0.0
    working: int = 0
    free: int = 0
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    service_level: float | None = None
    variant: int = int(DEFAULT_VARIANT)
    target: float = 80.0
    answer_s: float = 20.0
    abandon_rate: float | None = None
    wait_low_s: float | None = None
    wait_high_s: float | None = None


@dataclass(frozen=True, slots=True)
class AgentRow:
    """``state`` as in ``ivr.agents``, since ``since``; ``until``: the end of wrap-up. ``station``: it is registered."""

    id: str
    name: str
    team: str
    queues: tuple[str, ...]
    state: str = "OFFLINE"
    reason: str = ""
    since: float = 0.0
    until: float = 0.0
    station: bool = False


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact that is not over. ``phase``: flow, queued, ringing, talking or outside, since ``since``.

    ``held_since``: the customer hears music. ``consult``: whom the agent consults. ``points``: the last of the
    sentiment trajectory, (media second, -1..1). ``cards``: how many were shown and not taken back. ``mos``: of the
    worst leg and direction, 1.0..4.5, 0.0 unknown. ``said``: the last settled words, redacted, by ``said_by`` (caller,
    agent). ``mode``: what ``supervisor`` does here. ``hand``: the agent asks for help, ``hand_text`` says why.
    """

    id: str
    caller: str
    offered_at: float
    phase: str = "flow"
    since: float = 0.0
    queue: str = ""
    agent: str = ""
    held_since: float = 0.0
    consult: str = ""
    points: tuple[tuple[float, float], ...] = ()
    cards: int = 0
    mos: float = 0.0
    said: str = ""
    said_by: str = ""
    supervisor: str = ""
    mode: str = ""
    hand: bool = False
    hand_text: str = ""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An open alert (see ``assist.alerts.AlertRaised``), raised ``at``. ``acknowledged_by`` is empty until it is."""

    id: str
    contact_id: str
    at: float
    kind: str
    severity: str
    agent: str
    queue: str
    text: str
    at_s: float = 0.0
    utterance_id: str = ""
    quote: str = ""
    acknowledged_by: str = ""


Row = QueueRow | AgentRow | ContactRow | AlertRow


@dataclass(slots=True)
class Gone:
    """Ids of rows that are no more."""

    queues: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Changes:
    """One message to a board: rows that are new or other than before, and what is gone. ``whole``: this is everything,
    forget what you knew. ``banner``: the notice callers hear first, empty for none.
    """

    at: float
    whole: bool
    banner: str
    queues: list[QueueRow] = field(default_factory=list)
    agents: list[AgentRow] = field(default_factory=list)
    contacts: list[ContactRow] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    gone: Gone = field(default_factory=Gone)
    type: str = "board"
