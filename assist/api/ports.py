"""What the web side asks of the floor (``assist.api.commands`` among it), and what it tells it of stations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from assist.alerts import AlertRaised
from assist.api.commands import AgentCommand
from assist.board.view import BoardView
from assist.coaching import HandRaised
from voice.commands import Reply
from voice.station_contacts import LineQuality, PastCall, SupervisorLine


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

    def station_connected(self, agent: str, report: StationReport, link: StationLink) -> None:
        """A station logged in; it replaces the link the agent had before."""

    def station_reported(self, agent: str, report: StationReport) -> None:
        """The station changed."""

    def station_disconnected(self, agent: str) -> None:
        """The link is gone. Its call, if any, goes on."""
