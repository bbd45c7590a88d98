"""What agents and supervisors ask of the floor on their pages: each command a value, which says what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assist.desk_events import WrapUpTask
from voice.hearing import Mode


@dataclass(frozen=True, slots=True)
class Answer:
    """Take the call that rings."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call, or refuse the one that rings."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Close (``muted``) or open the microphone."""

    muted: bool


@dataclass(frozen=True, slots=True)
class SetState:
    """Be ready for calls or not; ``reason`` is one of the conventions page's (break, meal ...) where not."""

    state: Literal["ready", "not_ready"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MoreTime:
    """The agent needs longer to wrap up."""


@dataclass(frozen=True, slots=True)
class AcceptCard:
    """The agent follows a card."""

    card_id: str


@dataclass(frozen=True, slots=True)
class DismissCard:
    """The agent puts a card away."""

    card_id: str


@dataclass(frozen=True, slots=True)
class TickStep:
    """The agent ticks (``done``) or unticks a step of a next-step card."""

    card_id: str
    step_id: str
    done: bool


@dataclass(frozen=True, slots=True)
class Note:
    """The agent's note on a contact: the whole text, which replaces the one before. At most 4,000 characters."""

    contact_id: str
    text: str


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The wrap-up of a contact that is over, whole each time. ``confirmed``: the agent has finished it. At most 4,000
    characters of ``text`` and 20 ``tasks`` of 300.
    """

    contact_id: str
    text: str
    disposition: str = ""
    resolved: bool | None = None
    tasks: tuple[WrapUpTask, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class DoNotDisturb:
    """Nobody rings the agent's station (``on``): no contact, and no colleague. To be ready ends it."""

    on: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the customer on hold (``on``), or talk to the customer again."""

    on: bool


@dataclass(frozen=True, slots=True)
class ConsultWith:
    """Put the customer on hold and call an agent (by user name), whoever is free in a queue, or an outside number."""

    kind: Literal["agent", "queue", "number"]
    to: str


@dataclass(frozen=True, slots=True)
class SwapParties:
    """From the customer to the party consulted, or back."""


@dataclass(frozen=True, slots=True)
class CancelConsult:
    """Let the party consulted go, and talk to the customer."""


@dataclass(frozen=True, slots=True)
class Conference:
    """All three talk."""


@dataclass(frozen=True, slots=True)
class CompleteTransfer:
    """Give the customer to the party consulted."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Give the customer, unannounced, to an agent, a queue or an outside number."""

    kind: Literal["agent", "queue", "number"]
    to: str


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Send ``digits`` (0-9*#A-D) to whoever the agent talks to."""

    digits: str


@dataclass(frozen=True, slots=True)
class CallNumber:
    """Call a customer: the agent's own station rings first."""

    number: str


@dataclass(frozen=True, slots=True)
class ChooseCustomer:
    """Several customers share the caller's number: it is this one."""

    contact_id: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class RaiseHand:
    """The agent asks a supervisor to help with her contact. At most 500 characters."""

    contact_id: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class LowerHand:
    """No help is needed any more, or a supervisor is at it."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class SuperviseContact:
    """The supervisor's phone is called and listens to the contact; if it listens to another one, that ends first."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class SuperviseAs:
    """What the supervisor may do with the contact she listens to."""

    contact_id: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class LeaveContact:
    """The supervisor's phone is hung up; the contact goes on."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class SetBanner:
    """From now on callers first hear the flow's banner ``name``; none where it is empty."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class ForceState:
    """The supervisor makes an agent ready for calls or not; ``reason`` as in ``SetState``."""

    agent: str
    state: Literal["ready", "not_ready"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GiveContact:
    """The supervisor wants ``agent`` to have a contact that waits."""

    contact_id: str
    agent: str


@dataclass(frozen=True, slots=True)
class Coach:
    """The supervisor writes to the agent of a contact: ``text`` (at most 500 characters), or the canned ``tip``."""

    contact_id: str
    text: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """The supervisor has seen an alert."""

    alert_id: str


SupervisorCommand = SuperviseContact | SuperviseAs | LeaveContact | Coach | LowerHand
CallCommand = Hold | ConsultWith | SwapParties | CancelConsult | Conference | CompleteTransfer | Transfer | PressKeys
AgentCommand = (
    Answer | HangUp | Mute | SetState | DoNotDisturb | MoreTime | WrapUp | AcceptCard | DismissCard | TickStep | Note
    | RaiseHand | ChooseCustomer
    | CallCommand | CallNumber | AcknowledgeAlert | SupervisorCommand | SetBanner | ForceState | GiveContact
)  # fmt: skip
