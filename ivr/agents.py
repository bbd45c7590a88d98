"""Agents' states. A state is never stored: it follows from what is known of the agent, so it cannot contradict it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class AgentState(StrEnum):
    """What an agent does, as far as routing is concerned; presence on the page or in the building is something else."""

    OFFLINE = "OFFLINE"
    AVAILABLE = "AVAILABLE"
    RESERVED = "RESERVED"
    RINGING = "RINGING"
    TALKING = "TALKING"
    HOLD = "HOLD"
    CONSULT = "CONSULT"
    WRAPUP = "WRAPUP"
    NOT_READY = "NOT_READY"
    NOT_RESPONDING = "NOT_RESPONDING"


CONNECTED = frozenset({AgentState.TALKING, AgentState.HOLD, AgentState.CONSULT})

STATION_AWAY = "system"
"""The reason of an agent who is ready but whose station is not registered."""
STATION_LOST = "station lost"
"""The reason of an agent whose station died in the middle of a contact."""


@dataclass(slots=True)
class Assignment:
    """A contact an agent has, by way of ``queue``. ``phase``: RESERVED, RINGING, TALKING, HOLD or CONSULT. ``lease_id``
    names the reservation. ``connected_at`` is None until they talk.
    """

    contact_id: str
    lease_id: str
    phase: AgentState
    queue: str = ""
    connected_at: float | None = None


@dataclass(slots=True)
class Served:
    """What an agent has done for one queue: ``calls`` answered, ``talk_s`` seconds with callers, when the last one
    ended (Unix seconds), and ``turn``: the number of the last offer, counted over all agents.
    """

    calls: int = 0
    talk_s: float = 0.0
    last_ended: float = 0.0
    turn: int = 0


@dataclass(slots=True)
class Agent:
    """What the floor knows of an agent. ``idle_since`` (Unix seconds) ranks the available, the smallest first, and a
    reservation that came to nothing does not change it. ``station_since``: when the station last said that it is there.
    ``wrap_up_until`` is None outside wrap-up, which began at ``wrap_up_since``. ``skills`` are levels 1-10; ``weights``
    say how much a queue matters to this agent (1.0 where nothing is said). ``consulted``: the contact of a colleague
    she is asked about, kept free for it until ``consulted_until`` (None once she has answered).
    """

    name: str
    queues: tuple[str, ...] = ()
    logged_in: bool = False
    station: bool = False
    station_since: float = 0.0
    ready: bool = False
    not_ready_reason: str = ""
    not_responding: str = ""
    assignment: Assignment | None = None
    consulted: str = ""
    consulted_until: float | None = None
    wrap_up_until: float | None = None
    wrap_up_since: float = 0.0
    idle_since: float = 0.0
    since: float = 0.0
    skills: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    served: dict[str, Served] = field(default_factory=dict)

    def weight(self, queue: str) -> float:
        """How much waiting in ``queue`` counts for this agent, and the agent's share under ``weighted``."""
        return self.weights.get(queue, 1.0)

    def in_queue(self, queue: str) -> Served:
        """What the agent has done for ``queue``."""
        return self.served.setdefault(queue, Served())

    @property
    def working(self) -> bool:
        """Whether the agent takes contacts now or soon: talking and wrapping up count."""
        return self.logged_in and self.state not in (AgentState.NOT_READY, AgentState.NOT_RESPONDING)

    @property
    def state(self) -> AgentState:
        """The state, from the strongest fact to the weakest: a contact in hand counts even for who has logged out."""
        if self.assignment is not None:
            return self.assignment.phase
        if self.consulted:
            return AgentState.CONSULT
        if not self.logged_in:
            return AgentState.OFFLINE
        if self.wrap_up_until is not None:
            return AgentState.WRAPUP
        if not self.ready:
            return AgentState.NOT_READY
        if self.not_responding:
            return AgentState.NOT_RESPONDING
        return AgentState.AVAILABLE if self.station else AgentState.NOT_READY

    @property
    def reason(self) -> str:
        """Why NOT_READY or NOT_RESPONDING; empty otherwise."""
        match self.state:
            case AgentState.NOT_READY:
                return STATION_AWAY if self.ready else self.not_ready_reason
            case AgentState.NOT_RESPONDING:
                return self.not_responding
            case _:
                return ""
