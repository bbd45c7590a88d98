"""What goes into the station (inputs) and what comes out (effects): values, nothing that acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hardware.busylight import Work
from hardware.hid.intents import CallState, Intent
from voice.commands import Reply
from voice.phone import AudioPath, PhoneEvent
from voice.station_contacts import Kept
from voice.station_state import StationState

# Inputs


@dataclass(frozen=True, slots=True)
class FloorCommand:
    """A command of the floor or of a terminal. ``leg_id`` empty means the call the verb is about. A repeated ``id``
    gets the same reply again.
    """

    id: str
    verb: str
    leg_id: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class PhoneRefused:
    """The phone could not do what an effect asked."""

    effect: PhoneEffect
    reason: str


@dataclass(frozen=True, slots=True)
class HeadsetChanged:
    """The headset is there under this name, or gone (empty)."""

    name: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SoundLost:
    """The headset's microphone or ear is gone; sound goes nowhere else meanwhile."""

    reason: str


@dataclass(frozen=True, slots=True)
class SoundReturned:
    """Both are back."""


@dataclass(frozen=True, slots=True)
class NoticePlayed:
    """The recording notice has been heard to its end."""


@dataclass(frozen=True, slots=True)
class CallKept:
    """What is left of a captured call that is over."""

    contact_id: str
    kept: Kept


@dataclass(frozen=True, slots=True)
class SupervisorRangOut:
    """The time AwaitSupervisor gave is over."""

    leg_id: str


# Effects


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Effect: a provisional (180) or final (200) response."""

    leg_id: str
    code: int


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    """Effect: end the leg; ``code`` where it was never answered."""

    leg_id: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class DialLeg:
    """Effect: call ``uri``; ``headers`` besides."""

    leg_id: str
    uri: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HoldLeg:
    """Effect: hold or resume by SIP."""

    leg_id: str
    held: bool


@dataclass(frozen=True, slots=True)
class TransferLeg:
    """Effect: REFER to ``target``, a URI."""

    leg_id: str
    target: str


@dataclass(frozen=True, slots=True)
class TransferToLeg:
    """Effect: REFER with Replaces."""

    leg_id: str
    other_leg_id: str


@dataclass(frozen=True, slots=True)
class AnswerReferral:
    """Effect: follow a REFER by a call ``new_leg_id``, or (None) decline it."""

    leg_id: str
    new_leg_id: str | None


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Effect: digits to the far end."""

    leg_id: str
    digits: str


@dataclass(frozen=True, slots=True)
class SetPaths:
    """Effect: the audio paths, and no others."""

    paths: frozenset[AudioPath]


@dataclass(frozen=True, slots=True)
class PlayZip:
    """Effect: the tone that tells the agent of a call that was answered for her, on TONES."""


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Effect: the tone that announces a supervisor, on ``voice.hearing.TONE``."""


@dataclass(frozen=True, slots=True)
class AwaitSupervisor:
    """Effect: ``SupervisorRangOut`` after twenty seconds."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class PlayNotice:
    """Effect: the recording notice from its beginning, on NOTICE; ``NoticePlayed`` when it is over."""


@dataclass(frozen=True, slots=True)
class ShowOnHeadset:
    """Effect: what the headset shall show; also the answer to each of its intents."""

    state: CallState


@dataclass(frozen=True, slots=True)
class ShowWork:
    """Effect: whether the agent takes calls, for the busy light."""

    work: Work


@dataclass(frozen=True, slots=True)
class ReportState:
    """Effect: tell the floor."""

    state: StationState


@dataclass(frozen=True, slots=True)
class ReplyToFloor:
    """Effect: answer a command."""

    id: str
    reply: Reply


StationInput = (
    PhoneEvent
    | Intent
    | FloorCommand
    | PhoneRefused
    | HeadsetChanged
    | SoundLost
    | SoundReturned
    | NoticePlayed
    | CallKept
    | SupervisorRangOut
)
PhoneEffect = (
    AnswerLeg | HangUpLeg | DialLeg | HoldLeg | TransferLeg | TransferToLeg | AnswerReferral | SendDigits | SetPaths
)
StationEffect = (
    PhoneEffect
    | PlayZip
    | PlayTone
    | PlayNotice
    | AwaitSupervisor
    | ShowOnHeadset
    | ShowWork
    | ReportState
    | ReplyToFloor
)
