"""What goes into the flow runner (inputs) and what comes out (effects): values, nothing that acts.

Tokens tie a ``PromptFinished`` or ``TimerFired`` to the effect that caused it: one that comes late, for something
replaced or cancelled meanwhile, is ignored. Tokens rise and are never used twice within a runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ivr.conditions import QueueFacts


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something the caller hears: ``text`` as shown to people (empty for music), ``audio`` the PromptStore's key."""

    text: str
    audio: str


# Inputs


@dataclass(frozen=True, slots=True)
class PromptFinished:
    """The last sample of ``PlayPrompts(token)`` was sent. Never reported for a loop or for what was stopped."""

    token: int


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A telephone-event digit began: ``0-9*#A-D``. Publish it, under the mask in force, before handing it in."""

    digit: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The timer ``name`` started with ``token`` ran out."""

    name: str
    token: int


@dataclass(frozen=True, slots=True)
class AgentRinging:
    """An agent's station rings for this contact."""


@dataclass(frozen=True, slots=True)
class AgentConnected:
    """Caller and agent are connected."""


@dataclass(frozen=True, slots=True)
class AgentFailed:
    """The station rung did not answer or could not be reached; the contact waits on."""

    reason: str


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """The connected agent's leg ended while the caller is still there."""


@dataclass(frozen=True, slots=True)
class BackInQueue:
    """The caller waits again in the queue, after a transfer or (``apology``) because the agent's station is lost."""

    apology: bool


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller's leg ended. Nothing is done for this contact any more."""


@dataclass(frozen=True, slots=True)
class DialAnswered:
    """Whom ``DialOut`` rang has answered, and talks with the caller."""


@dataclass(frozen=True, slots=True)
class DialFailed:
    """``DialOut`` came to nothing: no answer, busy, unknown, not permitted. The caller is still there."""

    reason: str


@dataclass(frozen=True, slots=True)
class DialEnded:
    """The other side of ``DialOut`` hung up after they talked, or the time they had is over."""


@dataclass(frozen=True, slots=True)
class KnowledgeTold:
    """The answer to ``AskKnowledge``: an article and its text; both empty where there is none."""

    article: str
    text: str


@dataclass(frozen=True, slots=True)
class BannerRaised:
    """The flow's banner ``name`` was raised just now, or where it is empty, the one that was raised is no more."""

    name: str


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """The answer to ``AskPlace``: ``ahead`` callers are before this one; the wait in seconds, where one can be told."""

    ahead: int
    low_s: float | None
    high_s: float | None


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The queue does not take, or keep, this contact: ``empty`` or ``full``."""

    reason: str


@dataclass(frozen=True, slots=True)
class FactsTold:
    """The answer to ``AskFacts``: what the caller directory says, and queues by name."""

    known: bool
    vip: bool
    queues: Mapping[str, QueueFacts]


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The answer to ``LookUp(token)``: a JSON object, or None for anything else."""

    token: int
    answer: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class SpeechHeard:
    """What the recogniser of ``StartSpeech(token)`` hears: a hypothesis, or with ``final`` the words of an utterance.

    ``text`` is lower case; ``[unk]`` stands for what is outside a grammar.
    """

    token: int
    text: str
    final: bool


Input = (
    PromptFinished | DigitPressed | TimerFired | AgentRinging | AgentConnected | AgentFailed | AgentLeft | BackInQueue
    | CallerLeft | DialAnswered | DialFailed | DialEnded | PlaceTold
    | KnowledgeTold | BannerRaised | TurnedAway | FactsTold | LookedUp | SpeechHeard
)  # fmt: skip

# Effects


@dataclass(frozen=True, slots=True)
class PlayPrompts:
    """Play ``prompts`` one after the other, instead of anything playing; with ``loop`` again and again."""

    token: int
    node: str
    prompts: tuple[Prompt, ...]
    loop: bool = False


@dataclass(frozen=True, slots=True)
class StopPrompts:
    """Silence, at once: the samples already queued are dropped (barge-in: within 150 ms of the digit)."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Report ``TimerFired(name, token)`` in ``seconds``; replaces a running timer of that name."""

    name: str
    seconds: float
    token: int


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Forget the timer ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class MaskDigits:
    """From now on digits are published as ``*`` (``on``) or as they are. A runner starts with True."""

    on: bool


@dataclass(frozen=True, slots=True)
class ChoiceReported:
    """A gather ended with ``value`` (``*`` for each digit where it is masked); ``by`` is ``digits`` or ``speech``."""

    node: str
    value: str
    by: str


@dataclass(frozen=True, slots=True)
class JoinQueue:
    """The contact waits for an agent of ``queue``; ``priority`` 0-9, higher is served first."""

    queue: str
    priority: int
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AskPlace:
    """Ask the floor for place and wait; it may not answer."""


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """The contact waits no longer: the flow goes on."""


@dataclass(frozen=True, slots=True)
class StartSpeech:
    """Recognise the caller from now on, and report ``SpeechHeard(token)``: any words, or only ``phrases``."""

    token: int
    phrases: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class StopSpeech:
    """Recognise no more for this turn."""


@dataclass(frozen=True, slots=True)
class AskKnowledge:
    """Ask the knowledge base; it may not answer."""

    question: str


@dataclass(frozen=True, slots=True)
class AskFacts:
    """Ask the floor about the caller and these queues; it may not answer."""

    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Send a request and report ``LookedUp(token)``. ``body`` is sent as JSON by POST."""

    token: int
    method: str
    url: str
    body: Mapping[str, str]
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """Something noted about the contact."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ConsentNoted:
    """What the caller agrees to, from now on."""

    recording: bool
    recognition: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """A survey's answer: ``kind`` csat (1-5), nps (0-10) or ces (1-7)."""

    kind: str
    score: int


@dataclass(frozen=True, slots=True)
class MessageStarted:
    """From now on the caller speaks a message (``voicemail``, ``comment``): listen and record."""

    kind: str


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The message is over."""

    kind: str


@dataclass(frozen=True, slots=True)
class RequestCallback:
    """The caller wants to be called at ``number`` and to keep the place in ``queue``."""

    queue: str
    number: str


@dataclass(frozen=True, slots=True)
class DialOut:
    """Ring ``target``, an agent's name or a number as it is dialled, for ``ring_s`` seconds; connect who answers.

    Answer with ``DialAnswered``, then ``DialEnded``, or with ``DialFailed``; when the caller leaves, hang up. With
    ``limit_s`` > 0 they may talk so long. ``handover``: the flow takes no interest in what follows the answer.
    """

    kind: Literal["agent", "number"]
    target: str
    ring_s: float
    limit_s: float = 0.0
    handover: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the contact. ``reason``: ``completed`` (an agent was there), ``self_service`` (none was)."""

    reason: str


Effect = (
    PlayPrompts | StopPrompts | StartTimer | CancelTimer | MaskDigits | ChoiceReported
    | JoinQueue | AskPlace | LeftQueue | AskFacts | AskKnowledge | LookUp | Tagged | ConsentNoted | Scored
    | MessageStarted | MessageEnded | RequestCallback | DialOut | StartSpeech | StopSpeech | HangUp
)  # fmt: skip
