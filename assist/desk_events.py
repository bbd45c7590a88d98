"""What only an agent's desk is told: who she is talking to, her station, the recogniser, the draft of the summary.

These go from the floor to the page through ``assist.feed`` and are not on the bus. Everything else a desk shows comes
from the shared vocabulary (``ivr.contacts``, ``transcription.utterances``, ``assist.cards``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from assist.alerts import ALERT_EVENTS
from assist.cards import CARD_EVENTS
from assist.coaching import COACHING_EVENTS, SupervisionNotice
from ivr.contacts import AgentStateChanged, ContactAnswered, ContactEnded
from ivr.controls import ConferenceStarted, ConsultAnswered, ConsultEnded, ConsultStarted, HoldChanged, TransferFailed
from ivr.supervision import SUPERVISION_EVENTS
from transcription.utterances import UTTERANCE_EVENTS
from voice.events import Event


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """The customer as the top left of the desk says it. ``preferred_name``: as she likes to be called.

    ``since``: a year or date, ready to read; ``style``: ``quick``, ``caring`` or empty; ``open_issues``: one line each;
    ``last_contact``: one line, how the last contact ended; ``last_contact_at``: Unix seconds, 0 where there was none.
    """

    name: str
    preferred_name: str = ""
    number: str = ""
    since: str = ""
    value: str = ""
    style: str = ""
    open_issues: tuple[str, ...] = ()
    last_contact: str = ""
    last_contact_at: float = 0.0
    last_contact_bad: bool = False


@dataclass(frozen=True, slots=True)
class ContactAssigned(Event):
    """The agent's desk is about this contact now. ``phase``: ``ringing`` or ``talking``. Unix seconds, 0: not yet.

    ``context``: what the caller did before, a line each: keys pressed, words said, how long the wait was. Published
    again for the contact already on the desk it only corrects these fields (after a floor restart).
    """

    type: ClassVar[str] = "desk.contact"
    agent: str
    phase: str
    caller: str
    queue: str
    offered_at: float
    answered_at: float = 0.0
    waited_s: float = 0.0
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactReleased(Event):
    """The station rang and was not answered, or the caller left before: the contact is no longer this agent's."""

    type: ClassVar[str] = "desk.released"
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """One of several customers who share a number. ``about``: what tells her from the others, in a line."""

    customer_id: int
    name: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class CustomerIdentified(Event):
    """The answer to the look-up: ``customer`` is None where the number is not in the customer base, or where several
    have it: those are the ``choices``.
    """

    type: ClassVar[str] = "desk.customer"
    customer: CustomerLine | None
    choices: tuple[CustomerChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerChosen(Event):
    """The agent has asked who is calling, of several who share the number. In the log: a fold finds her again."""

    type: ClassVar[str] = "desk.customer_chosen"
    agent: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class StationChanged(Event):
    """The agent's softphone. ``connected``: its link to the floor; ``registered``: its SIP registration.

    ``mos``: how the call sounds to the agent, 1.0..4.5 by the E-model, 0.0 where it is not known.
    ``mute_lock``: who holds the microphone closed when the page cannot open it (``boom arm``, ``headset``), or empty.
    """

    type: ClassVar[str] = "station.state"
    connected: bool
    registered: bool = False
    muted: bool = False
    mute_lock: str = ""
    headset: str = ""
    mos: float = 0.0
    do_not_disturb: bool = False


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue the agent serves: how many are ``waiting``, the first of them since Unix second ``longest_since``."""

    name: str
    waiting: int = 0
    longest_since: float = 0.0


@dataclass(frozen=True, slots=True)
class QueuesChanged(Event):
    """Callers wait, or no longer do: every queue the agent serves as it stands now."""

    type: ClassVar[str] = "desk.queues"
    durable: ClassVar[bool] = False
    queues: tuple[QueueLine, ...]


@dataclass(frozen=True, slots=True)
class RecogniserChanged(Event):
    """The recogniser: ``state`` is ``up``, ``behind`` (by ``behind_s``) or ``down``.

    ``wer``: measured word error rate 0..1 on ``wer_on``, None where nobody measured it. ``demo``: a demonstration
    model.
    """

    type: ClassVar[str] = "service.recogniser"
    state: str
    engine: str = ""
    model: str = ""
    wer: float | None = None
    wer_on: str = ""
    demo: bool = False
    behind_s: float = 0.0


@dataclass(frozen=True, slots=True)
class NoteSaved(Event):
    """The agent's own note on the contact, whole text each time."""

    type: ClassVar[str] = "desk.note"
    text: str


@dataclass(frozen=True, slots=True)
class LateNoteSaved(Event):
    """The note of ``agent``, who has passed the contact on and still writes on it, whole text each time."""

    type: ClassVar[str] = "desk.late_note"
    agent: str
    text: str


@dataclass(frozen=True, slots=True)
class WrapUpTask:
    """Something to do after the call. ``due_on``: an ISO 8601 date, or empty."""

    text: str
    due_on: str = ""


@dataclass(frozen=True, slots=True)
class SummaryDrafted(Event):
    """Written when the call ends, for the agent to edit and confirm. ``facts``: (name, value) pairs ready to read.

    ``text``: the whole draft; ``tasks``: what was promised; ``choices``: the dispositions there are.
    ``sentiment_start``, ``sentiment_end``: -1..1. ``talk_ratio``: the agent's share of all speech, 0..1.
    """

    type: ClassVar[str] = "contact.summary"
    headline: str
    lines: tuple[str, ...] = ()
    disposition: str = ""
    promises: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    sentiment_start: float = 0.0
    sentiment_end: float = 0.0
    talk_ratio: float = 0.0
    text: str = ""
    tasks: tuple[WrapUpTask, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WrapUpSaved(Event):
    """The agent's wrap-up as she has it now, whole each time. ``resolved``: what she declares, None where she has not.
    ``confirmed``: she has finished it; until then it is what she was writing.
    """

    type: ClassVar[str] = "contact.wrapped_up"
    agent: str
    text: str
    disposition: str
    resolved: bool | None
    tasks: tuple[WrapUpTask, ...]
    confirmed: bool


DESK_EVENTS: tuple[type[Event], ...] = (
    ContactAssigned, ContactReleased, CustomerIdentified, StationChanged, RecogniserChanged, NoteSaved, SummaryDrafted,
    WrapUpSaved, SupervisionNotice, QueuesChanged,
)  # fmt: skip
DESK_CONTROLS: tuple[type[Event], ...] = (
    HoldChanged, ConsultStarted, ConsultAnswered, ConsultEnded, ConferenceStarted, TransferFailed,
)  # fmt: skip
FEED_EVENTS: tuple[type[Event], ...] = (
    *DESK_EVENTS, AgentStateChanged, ContactAnswered, ContactEnded, *DESK_CONTROLS, *UTTERANCE_EVENTS, *CARD_EVENTS,
    *SUPERVISION_EVENTS, *COACHING_EVENTS, *ALERT_EVENTS,
)  # fmt: skip
