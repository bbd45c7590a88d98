"""What the web side asks of the floor, and what it gives it: commands of agents, stations and the way to reach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from assist.alerts import AlertRaised
from assist.board.view import BoardView
from assist.coaching import HandRaised
from assist.desk_events import WrapUpTask
from voice.commands import Reply
from voice.hearing import Mode
from voice.station_contacts import LineQuality, PastCall, SupervisorLine


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


@dataclass(frozen=True, slots=True)
class SupervisorView:
    """What a supervisor's page begins with: open ``alerts``, raised ``hands`` (by contact), canned ``tips`` by name,
    and the contact her phone is at (empty: none). Changes come by the feed. ``banners``: the names of the flow's
    notices.
    """

    alerts: tuple[AlertRaised, ...] = ()
    hands: tuple[tuple[str, HandRaised], ...] = ()
    tips: Mapping[str, str] = field(default_factory=dict)
    supervising: str = ""
    banners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to ask or to give a contact to, and what she does now."""

    user: str
    name: str
    state: str
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """Whom an agent may consult or transfer to. ``may_dial``: the beginnings of outside numbers she may call."""

    colleagues: tuple[Colleague, ...] = ()
    queues: tuple[str, ...] = ()
    may_dial: tuple[str, ...] = ()


SupervisorCommand = SuperviseContact | SuperviseAs | LeaveContact | Coach | LowerHand
CallCommand = Hold | ConsultWith | SwapParties | CancelConsult | Conference | CompleteTransfer | Transfer | PressKeys
AgentCommand = (
    Answer | HangUp | Mute | SetState | DoNotDisturb | MoreTime | WrapUp | AcceptCard | DismissCard | TickStep | Note
    | RaiseHand | ChooseCustomer
    | CallCommand | CallNumber | AcknowledgeAlert | SupervisorCommand | SetBanner | ForceState | GiveContact
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StationLine:
    """A call at a station. ``slot`` is not negative where the station itself captures it: a contact of its own, known
    to no worker. ``mos`` 0.0: not known. ``phase`` as in ``StationReport``; ``consult``: beside another call, about it;
    ``joined``: in the conference; ``caller``: the other side, as it is shown; ``quality``: the last measurement.
    """

    leg_id: str = ""
    contact_id: str = ""
    number: str = ""
    slot: int = -1
    mos: float = 0.0
    phase: str = ""
    caller: str = ""
    consult: bool = False
    joined: bool = False
    quality: LineQuality | None = None


@dataclass(frozen=True, slots=True)
class StationReport:
    """The whole state of an agent's station, sent on every (re)connect and at each change.

    ``phase``: idle, ringing, dialling, in_call or held; ``leg_id`` and ``contact_id`` are empty where there is no call.
    ``pbx``: it is registered at a foreign PBX. Unix seconds nowhere: the floor stamps what it receives. ``past``: the
    last calls that it captured itself and that are over; ``supervision``: who supervises such a call, or did last.
    """

    phase: str = "idle"
    registered: bool = False
    leg_id: str = ""
    contact_id: str = ""
    muted: bool = False
    mute_lock: str = ""
    headset: str = ""
    lines: tuple[StationLine, ...] = ()
    pbx: bool = False
    do_not_disturb: bool = False
    past: tuple[PastCall, ...] = ()
    supervision: SupervisorLine | None = None

    @property
    def reachable(self) -> bool:
        """Whether calls of ours can come."""
        return self.registered and not self.pbx

    @property
    def mos(self) -> float:
        """How the call that matters now sounds to the agent; 0.0 where it is not known."""
        return next((line.mos for line in self.lines if line.leg_id == self.leg_id), 0.0)


StationVerb = Literal[
    "answer", "hang_up", "mute", "unmute", "decline", "hold", "resume", "swap", "consult", "transfer", "complete",
    "conference", "digits", "dnd_on", "dnd_off", "supervise", "supervise_as", "unsupervise", "work",
]  # fmt: skip


class StationLink(Protocol):
    """The way to one connected station."""

    async def command(self, verb: StationVerb, leg_id: str = "", argument: str = "") -> Reply:
        """Ask the station; a refusal, a silence of 5 s or a lost link is a Reply that is not ``ok``."""


class FloorPort(Protocol):
    """The floor, as the web side sees it. Methods are called on the event loop; those of one agent never overlap
    for one socket, but the same agent may have several pages.
    """

    async def command(self, agent: str, command: AgentCommand) -> Reply:
        """Carry out an agent's command, or refuse it with a reason a person can read."""

    async def supervisor_view(self, user: str) -> SupervisorView:
        """What the page of a supervisor begins with."""

    def directory(self, agent: str) -> Directory:
        """Whom the agent may reach."""

    def open_board(self, user: str) -> BoardView:
        """A supervisor's board; it is closed when she leaves."""

    def watch_desk(self, user: str, agent: str) -> str:
        """``user`` wants to read along on the desk of ``agent``: empty, or why not."""

    def page_opened(self, agent: str) -> None:
        """The agent's first page connected."""

    def page_closed(self, agent: str) -> None:
        """The agent's last page is gone (perhaps only for a second)."""

    def station_connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """A station logged in; it replaces the link the agent had before."""

    def station_reported(self, agent: str, report: StationReport) -> None:
        """The station changed."""

    def station_disconnected(self, agent: str) -> None:
        """The link is gone. Its call, if any, goes on."""
