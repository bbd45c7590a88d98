"""Contacts: one customer's interaction, as the events its worker publishes. What it takes: ``ivr.contact_commands``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr.controls import CONTROL_EVENTS
from ivr.outbound import OUTBOUND_EVENTS
from ivr.self_service import SELF_SERVICE_EVENTS
from voice.events import Event
from voice.hearing import Mode


@dataclass(frozen=True, slots=True)
class ContactOffered(Event):
    """A call came in and a worker took it. ``caller`` and ``called`` are user parts of SIP URIs (numbers). Where
    ``direction`` is ``outbound`` we call the customer, whose number stands in ``caller`` all the same.
    ``flow_problem``: what is wrong with the flow's file (file, line and fix), where ``flow_version`` is therefore the
    last good one of before.
    """

    type: ClassVar[str] = "contact.offered"
    worker_id: str
    caller: str
    called: str
    flow: str
    flow_version: str
    direction: str = "inbound"
    flow_problem: str = ""


@dataclass(frozen=True, slots=True)
class PromptStarted(Event):
    """The caller began to hear ``text`` (flow node ``node``)."""

    type: ClassVar[str] = "contact.prompt"
    durable: ClassVar[bool] = False
    node: str
    text: str


@dataclass(frozen=True, slots=True)
class ChoiceMade(Event):
    """A gather ended: ``value`` is what was gathered (masked where the gather asks for it), ``by`` digits or speech."""

    type: ClassVar[str] = "contact.choice"
    node: str
    value: str
    by: str


@dataclass(frozen=True, slots=True)
class ContactQueued(Event):
    """The contact waits in ``queue``; ``since`` is Unix seconds. ``skills``: what an agent needs beside the queue's.

    ``turn`` counts how often it was queued, from 0: after a transfer or a lost agent it waits again, with the same
    ``since``. ``preferred``: the agent it is meant for, before anyone else.
    """

    type: ClassVar[str] = "contact.queued"
    queue: str
    priority: int
    since: float
    skills: tuple[tuple[str, int], ...] = ()
    turn: int = 0
    preferred: str = ""


@dataclass(frozen=True, slots=True)
class ContactTagged(Event):
    """The flow noted ``value`` under ``name``."""

    type: ClassVar[str] = "contact.tagged"
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SurveyAnswered(Event):
    """The caller's raw ``score``; ``kind``: csat (1-5), nps (0-10), ces (1-7)."""

    type: ClassVar[str] = "survey.answered"
    kind: str
    score: int


@dataclass(frozen=True, slots=True)
class MessageTaken(Event):
    """The caller left a message: seconds ``start_s`` to ``end_s`` of the contact, in its recording and transcript.
    ``kind``: voicemail, comment.
    """

    type: ClassVar[str] = "contact.message"
    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class CallbackRequested(Event):
    """The caller wants to be called at ``number``, keeping the place in ``queue`` of one who waits since ``since``."""

    type: ClassVar[str] = "contact.callback_requested"
    number: str
    queue: str
    priority: int
    since: float


@dataclass(frozen=True, slots=True)
class FactsWanted(Event):
    """The flow branches on what the floor knows; it answers with ``TellFacts``, within a second or never."""

    type: ClassVar[str] = "contact.facts_wanted"
    durable: ClassVar[bool] = False
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceWanted(Event):
    """The caller is about to be told place and wait: the floor answers with ``TellPlace``, within a second or never."""

    type: ClassVar[str] = "contact.place_wanted"
    durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AgentOffered(Event):
    """The worker began to ring ``agent``'s station for this contact, by the floor's reservation ``lease_id``."""

    type: ClassVar[str] = "contact.agent_offered"
    agent: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class AgentUnreachable(Event):
    """The station did not answer, was busy or could not be reached; the contact waits again. ``code`` is SIP's."""

    type: ClassVar[str] = "contact.agent_unreachable"
    agent: str
    lease_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ContactAnswered(Event):
    """Customer and agent are connected. ``waited_s``: from queueing to the agent's answer."""

    type: ClassVar[str] = "contact.answered"
    agent: str
    lease_id: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class ContactEnded(Event):
    """The contact is over. ``reason``: ``completed`` (after an agent), ``abandoned`` (while waiting), ``callback`` (a
    call back was promised), ``self_service`` (ended in the flow), ``worker_lost``, ``failed``. ``ended_by``:
    ``caller``, ``agent``, ``flow``, ``supervisor``, ``system``. ``duration_s`` from the offer, ``talk_s`` from the
    agent's answer.
    """

    type: ClassVar[str] = "contact.ended"
    reason: str
    ended_by: str
    duration_s: float
    talk_s: float


@dataclass(frozen=True, slots=True)
class TalkMeasured(Event):
    """Who spoke, in ``measured_s`` seconds of ``agent`` and customer connected, hold left out; from raw voice frames.
    One for each time an agent had the contact, in their order (empty: over the whole of it, as older logs have it).

    ``talk_over_s``: both at once, stretches of at least 0.3 s; ``dead_air_s``: nobody, of at least 5 s;
    ``longest_silence_s``: the longest; ``response_s``: from the moment she had it until she spoke, None: never did.
    """

    type: ClassVar[str] = "contact.talk"
    measured_s: float
    agent_s: float
    caller_s: float
    talk_over_s: float
    dead_air_s: float
    longest_silence_s: float
    response_s: float | None
    agent: str = ""


@dataclass(frozen=True, slots=True)
class ContactClosed(Event):
    """The last event of a contact: every word is in and the recording is finished (``recording``: a path, or empty
    where there was none). ``silenced_s``: seconds withheld by redaction. ``cpu_s``, ``peak_mib``: the worker's own.
    """

    type: ClassVar[str] = "contact.closed"
    recording: str
    recorded_s: float
    silenced_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class ContactSnapshot(Event):
    """Everything the floor needs to know of a running contact: sent on every (re)connect to the bus and when a floor
    starts. ``phase``: ``flow``, ``queued``, ``ringing``, ``talking``, ``outside`` (given to an outside number).
    ``talk``: how the parties stand (``voice.hearing.Talk``); ``consulted``: the agent who is being consulted.
    """

    type: ClassVar[str] = "contact.snapshot"
    worker_id: str
    caller: str
    called: str
    phase: str
    offered_at: float
    queue: str = ""
    priority: int = 0
    queued_at: float = 0.0
    agent: str = ""
    lease_id: str = ""
    answered_at: float = 0.0
    skills: tuple[tuple[str, int], ...] = ()
    supervisor: str = ""
    supervision_mode: str = ""
    turn: int = 0
    preferred: str = ""
    talk: str = "direct"
    consulted: str = ""

    @property
    def owner(self) -> str:
        """Who has the contact: the agent, or the supervisor who has taken over."""
        return self.agent or (self.supervisor if self.supervision_mode == Mode.TAKEOVER else "")


@dataclass(frozen=True, slots=True)
class FloorStarted(Event):
    """A floor came up and wants snapshots of everything that runs."""

    type: ClassVar[str] = "floor.started"
    durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AgentStateChanged(Event):
    """An agent's state (see ``ivr.agents``); published by the floor. ``until``: the end of wrap-up, Unix seconds."""

    type: ClassVar[str] = "agent.state"
    agent: str
    state: str
    reason: str
    since: float
    until: float = 0.0


CONTACT_EVENTS: tuple[type[Event], ...] = (
    ContactOffered, PromptStarted, ChoiceMade, ContactQueued, PlaceWanted, FactsWanted, ContactTagged,
    SurveyAnswered, MessageTaken, CallbackRequested, AgentOffered, AgentUnreachable,
    ContactAnswered, ContactEnded, TalkMeasured, ContactClosed,
    ContactSnapshot, FloorStarted, AgentStateChanged, *CONTROL_EVENTS, *OUTBOUND_EVENTS, *SELF_SERVICE_EVENTS,
)  # fmt: skip
