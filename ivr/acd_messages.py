"""What goes into the ACD (inputs) and what comes out (effects): values. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.agents import AgentState
from ivr.contacts import ContactSnapshot

# Inputs: agents


@dataclass(frozen=True, slots=True)
class AgentLoggedIn:
    """An agent signed in, serving ``queues``; NOT_READY unless ``ready``. Again: the queues are replaced.
    ``wrap_up``: since when, and until when, a wrap-up lasts that the floor, started again, finds in its log.

    ``skills``: levels 1-10; ``weights``: how much a queue counts for this agent, above 0 (1.0 where none is given).
    """

    agent: str
    queues: tuple[str, ...]
    ready: bool = False
    skills: tuple[tuple[str, int], ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    wrap_up: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class AgentLoggedOut:
    """The agent signed out; a contact in hand is finished first."""

    agent: str


@dataclass(frozen=True, slots=True)
class StationUp:
    """The agent's station is registered; said again, it shows that a station lost in a contact is back."""

    agent: str


@dataclass(frozen=True, slots=True)
class StationDown:
    """The registration is gone. A contact in hand is not touched: its audio does not need the registration."""

    agent: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The agent wants contacts; ends wrap-up and NOT_RESPONDING."""

    agent: str


@dataclass(frozen=True, slots=True)
class NotReady:
    """The agent wants none (``reason``: break, meal, meeting, training, coaching, system); ends wrap-up."""

    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoreWrapUp:
    """The agent needs longer, by ``AcdTimes.wrap_up_more_s`` and up to its limit."""

    agent: str


# Inputs: contacts


@dataclass(frozen=True, slots=True)
class ContactQueuedIn:
    """A contact joined ``queue``; ``priority`` 0-9, higher first. ``skills`` (levels 1-10) are asked for on top of the
    queue's; ``sticky``: the agent of the caller's last contact, preferred as the queue says. ``turn``: how often it was
    queued before; ``preferred``: who is to have it, for as long as she may be expected to come free. Nobody gets it
    before ``not_before``.
    """

    contact_id: str
    queue: str
    priority: int
    queued_at: float
    skills: tuple[tuple[str, int], ...] = ()
    sticky: str = ""
    turn: int = 0
    preferred: str = ""
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentPreferred:
    """The agent of the caller's last contact is found, perhaps only after the contact was queued."""

    contact_id: str
    agent: str


@dataclass(frozen=True, slots=True)
class ContactDirected:
    """A supervisor wants ``agent`` to have a contact that waits: it waits for her alone for a while, whatever skills
    it asks for. Nothing happens to one that does not wait, or where she does not serve its queue.
    """

    contact_id: str
    agent: str


@dataclass(frozen=True, slots=True)
class ContactPostponed:
    """A promised call whose customer was not reached: its agent is free, without wrap-up, and it is not offered before
    ``until``. Its place is kept.
    """

    contact_id: str
    until: float


@dataclass(frozen=True, slots=True)
class ContactRinging:
    """Its worker rings the agent's station under the lease."""

    contact_id: str
    agent: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class ContactAnswered:
    """Customer and agent are connected."""

    contact_id: str
    agent: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class ContactUnreachable:
    """The agent did not answer, or the station was busy or gone."""

    contact_id: str
    agent: str
    lease_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The worker did not take the offer (command refused, timed out, nobody there): not the agent's fault."""

    contact_id: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class ContactHeld:
    """The customer was put on hold, or taken off it."""

    contact_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class ContactEnded:
    """The contact is over, however it ended; said more than once it does no harm."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class SnapshotReceived:
    """What a worker says of its contact; where it differs from what the ACD believes, the worker is right."""

    contact_id: str
    snapshot: ContactSnapshot


@dataclass(frozen=True, slots=True)
class AgentConsulted:
    """An agent is about to be consulted about a contact: offer her nothing meanwhile."""

    contact_id: str
    agent: str


@dataclass(frozen=True, slots=True)
class ConsultBegan:
    """The contact's agent consults ``party``, who may be none of ours."""

    contact_id: str
    party: str


@dataclass(frozen=True, slots=True)
class ConsultAnswered:
    """``party`` has answered."""

    contact_id: str
    party: str


@dataclass(frozen=True, slots=True)
class ConsultOver:
    """``party`` is free again."""

    contact_id: str
    party: str


@dataclass(frozen=True, slots=True)
class ContactGiven:
    """Its agent gave the contact away: ``to`` another agent (empty: to a queue or an outside number), who has it
    already (``done``) or is being rung.
    """

    contact_id: str
    to: str
    lease_id: str
    done: bool
    queue: str = ""


@dataclass(frozen=True, slots=True)
class StationLost:
    """The agent's station died in the middle of a contact, ``silent_s`` seconds after its last sound."""

    contact_id: str
    agent: str
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentRequested:
    """A contact's flow wants this agent, if she is available."""

    contact_id: str
    agent: str


SharingInput = (
    AgentConsulted | ConsultBegan | ConsultAnswered | ConsultOver | ContactGiven | StationLost | AgentRequested
)


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; due at ``Acd.next_deadline``."""


AcdInput = (
    AgentLoggedIn | AgentLoggedOut | StationUp | StationDown | Ready | NotReady | MoreWrapUp
    | AgentPreferred | ContactPostponed | ContactDirected
    | ContactQueuedIn | ContactRinging | ContactAnswered | ContactUnreachable | OfferFailed | ContactHeld
    | ContactEnded | SnapshotReceived | SharingInput | Tick
)  # fmt: skip

# Effects


@dataclass(frozen=True, slots=True)
class OfferContact:
    """Tell the contact's worker to ring the agent for ``ring_s`` seconds (``contact_commands.ConnectAgent``)."""

    contact_id: str
    agent: str
    lease_id: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's state, or the reason for it, is another one ``since`` now. ``until``: when wrap-up ends; else 0."""

    agent: str
    state: AgentState
    reason: str
    since: float
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class TurnAway:
    """The queue does not take, or keep, this contact: ``empty`` (there is nobody) or ``full``. It waits all the same
    until its worker says otherwise: a flow without another way loses nobody.
    """

    contact_id: str
    reason: str


AcdEffect = OfferContact | AgentChanged | TurnAway
