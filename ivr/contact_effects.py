"""What a contact's core decides: values, performed in order by the worker (``ivr.contact``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr import effects as flow
from voice.events import Event
from voice.phone import AudioPath

CONTACT_HEADER = "X-Callfloor-Contact"
"""Carries the contact's id on the INVITE to the agent; the front strips it from what leaves the building."""

USER_TO_USER = "User-to-User"
"""RFC 7433: the same as an opaque reference, for telephones and systems beside them that know nothing of us."""

SUPERVISION_HEADER = "X-Callfloor-Supervise"
"""Carries the contact's id on the INVITE to a supervisor."""

RING_TIMER = "ring "
"""With the leg that rings: several may."""

DIAL_TIMER = "dial"
LIMIT_TIMER = "dial limit"
CUSTOMER_TIMER = "customer"
SUPERVISION_TIMER = "supervision"
CONSULT_TIMER = "consult"


def agent_headers(contact_id: str) -> dict[str, str]:
    """What an agent's station is told on the INVITE: which contact rings."""
    return {CONTACT_HEADER: contact_id, USER_TO_USER: f"{contact_id.encode().hex()};encoding=hex"}


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Answer an incoming leg with 200."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class DialLeg:
    """Send an INVITE."""

    leg_id: str
    address: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    """End a leg; ``code`` is the final response where it was never answered."""

    leg_id: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class AnswerReferral:
    """Answer a REFER: its target is dialled as ``new_leg_id``, or it is declined (None)."""

    leg_id: str
    new_leg_id: str | None


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Send digits by RFC 4733."""

    leg_id: str
    digits: str


@dataclass(frozen=True, slots=True)
class SetPaths:
    """Make these the audio paths."""

    paths: frozenset[AudioPath]


@dataclass(frozen=True, slots=True)
class StartListening:
    """Open recognition, and recording where that was agreed to: both parties speak from now on."""

    recording: bool = True


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Play the tone that announces a supervisor, to whoever the paths say."""


@dataclass(frozen=True, slots=True)
class WatchLeg:
    """Report every second how many packets have come on a connected leg (``ContactCore.leg_heard``), till it ends."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class ProbeLeg:
    """Ask the far end whether it still has the call; report ``ContactCore.leg_probed``."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Put an event on the bus."""

    event: Event


@dataclass(frozen=True, slots=True)
class Finish:
    """All legs have ended: flush, report, and end the process."""


ContactEffect = (
    AnswerLeg
    | DialLeg
    | HangUpLeg
    | AnswerReferral
    | PressKeys
    | SetPaths
    | StartListening
    | PlayTone
    | WatchLeg
    | ProbeLeg
    | Publish
    | Finish
    | flow.PlayPrompts
    | flow.StopPrompts
    | flow.StartTimer
    | flow.CancelTimer
    | flow.LookUp
    | flow.StartSpeech
    | flow.StopSpeech
)
