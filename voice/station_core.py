"""The agent's softphone as one pure state machine, so that headset, page and SIP never disagree.

In: phone events, what the user meant by a headset button, the floor's commands. Out: effects. Nothing here waits or
fails; what the phone refuses comes back as ``PhoneRefused``.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Literal, get_args

from hardware.hid.callcontrol import (
    AnswerPressed,
    CallPhase,
    CallState,
    HangUpPressed,
    HoldPressed,
    Intent,
    MuteToggled,
    RejectPressed,
)
from voice.commands import Reply
from voice.phone import AudioPath, IncomingLeg, LegConnected, LegDisconnected, PhoneEvent, RegistrationChanged

CONTACT_HEADER: Final = "x-callfloor-contact"
MIC: Final = "mic"
EAR: Final = "ear"

TEMPORARILY_UNAVAILABLE: Final = 480
BUSY_HERE: Final = 486
DECLINE: Final = 603
REMEMBERED_COMMANDS: Final = 64

NOT_REGISTERED: Final = "not registered"
NO_SOUND: Final = "no sound"
MUTE_LOCK_REASON: Final = "boom arm"

StationVerb = Literal["answer", "decline", "hang_up", "mute", "unmute", "hold", "resume"]
VERBS: Final[frozenset[str]] = frozenset(get_args(StationVerb))


class Phase(Enum):
    """How far the station's call is."""

    IDLE = "idle"
    RINGING = "ringing"
    IN_CALL = "in_call"
    HELD = "held"


class Asked(Enum):
    """What was asked of the phone and has not happened yet."""

    ANSWER = "answer"
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class StationState:
    """The whole state of a station, sent to the floor at every change and on every connection.

    ``leg_id``, ``contact_id`` (from the INVITE's X-Callfloor-Contact) and ``caller`` are empty without a call.
    ``mute_lock`` names what holds mute whatever the page says, empty for nothing. ``headset`` is the headset's name,
    empty without one. ``trouble`` is the last thing that went wrong, a line fit for a person.
    """

    phase: Phase = Phase.IDLE
    registered: bool = False
    leg_id: str = ""
    contact_id: str = ""
    caller: str = ""
    muted: bool = False
    mute_lock: str = ""
    headset: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class FloorCommand:
    """A command of the floor. ``leg_id`` empty means the leg there is. A repeated ``id`` gets the same reply again."""

    id: str
    verb: str
    leg_id: str = ""


@dataclass(frozen=True, slots=True)
class PhoneRefused:
    """The phone could not do what an effect asked."""

    effect: AnswerLeg | HangUpLeg | SetPaths
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
class SetPaths:
    """Effect: the audio paths, and no others."""

    paths: frozenset[AudioPath]


@dataclass(frozen=True, slots=True)
class ShowOnHeadset:
    """Effect: what the headset shall show; also the answer to each of its intents."""

    state: CallState


@dataclass(frozen=True, slots=True)
class ReportState:
    """Effect: tell the floor."""

    state: StationState


@dataclass(frozen=True, slots=True)
class ReplyToFloor:
    """Effect: answer a command."""

    id: str
    reply: Reply


StationInput = PhoneEvent | Intent | FloorCommand | PhoneRefused | HeadsetChanged | SoundLost | SoundReturned
StationEffect = AnswerLeg | HangUpLeg | SetPaths | ShowOnHeadset | ReportState | ReplyToFloor
PhoneEffect = AnswerLeg | HangUpLeg | SetPaths


class StationCore:
    """One call at a time; a second one is busy (486). ``handle`` takes an input and gives the effects, in order."""

    def __init__(self) -> None:
        self.state = StationState()
        self._asked: Asked | None = None
        self._paths: frozenset[AudioPath] = frozenset()
        self._sound_lost = False
        self._held_for_sound = False
        self._headset_trouble = ""
        self._replies: OrderedDict[str, Reply] = OrderedDict()

    def handle(self, event: StationInput) -> list[StationEffect]:
        """What to do about ``event``."""
        before, shown = self.state, self.headset_state()
        effects = self._dispatch(event)
        paths = self._wanted_paths()
        if paths != self._paths:
            self._paths = paths
            effects.insert(0, SetPaths(paths))
        if isinstance(event, Intent) or self.headset_state() != shown:
            effects.insert(0, ShowOnHeadset(self.headset_state()))  # first: it closes the microphone without waiting
        if self.state != before:
            effects.append(ReportState(self.state))
        return effects

    def headset_state(self) -> CallState:
        """What the headset shall show: a call being answered is shown as answered, one being ended as over."""
        state = self.state
        if state.phase is Phase.IDLE or self._asked is Asked.HANG_UP:
            return CallState()
        if state.phase is Phase.RINGING and self._asked is None:
            return CallState(CallPhase.RINGING)
        return CallState(CallPhase.IN_CALL, state.muted, held=state.phase is Phase.HELD)

    def _dispatch(self, event: StationInput) -> list[StationEffect]:
        match event:
            case IncomingLeg():
                return self._incoming(event)
            case LegConnected(leg_id=leg_id) if self._is_current(leg_id):
                self._asked = None if self._asked is Asked.ANSWER else self._asked
                self._held_for_sound = self._sound_lost
                self.state = replace(self.state, phase=Phase.HELD if self._sound_lost else Phase.IN_CALL)
            case LegDisconnected(leg_id=leg_id) if self._is_current(leg_id):
                self._clear()
            case RegistrationChanged():
                self._registration(event)
            case FloorCommand():
                return self._command(event)
            case PhoneRefused():
                return self._refused(event)
            case HeadsetChanged():
                self._headset_changed(event)
            case SoundLost():
                self._lost_sound(event)
            case SoundReturned():
                self._found_sound()
            case Intent():
                return self._intent(event)
        return []

    def _incoming(self, leg: IncomingLeg) -> list[StationEffect]:
        if self.state.phase is not Phase.IDLE:
            return [HangUpLeg(leg.leg_id, BUSY_HERE)]
        self.state = replace(
            self.state,
            phase=Phase.RINGING,
            leg_id=leg.leg_id,
            contact_id=leg.headers.get(CONTACT_HEADER, ""),
            caller=leg.from_display or leg.from_uri,
        )
        return [AnswerLeg(leg.leg_id, 180)]

    def _registration(self, event: RegistrationChanged) -> None:
        trouble = self.state.trouble
        if not event.active and event.code >= 300:
            trouble = f"{NOT_REGISTERED}: {event.code} {event.reason}"
        elif trouble.startswith(NOT_REGISTERED):
            trouble = ""
        self.state = replace(self.state, registered=event.active, trouble=trouble)

    def _headset_changed(self, event: HeadsetChanged) -> None:
        """A headset that is back takes the trouble of its going with it."""
        trouble = event.trouble or self.state.trouble
        if event.name and trouble == self._headset_trouble:
            trouble = ""
        self._headset_trouble = event.trouble
        self.state = replace(self.state, headset=event.name, trouble=trouble)

    def _lost_sound(self, event: SoundLost) -> None:
        """Hold the call: the agent hears nobody and is heard by nobody until the headset is back."""
        self._sound_lost = True
        self.state = replace(self.state, trouble=f"{NO_SOUND}: {event.reason}")
        if self.state.phase is Phase.IN_CALL:
            self._held_for_sound = True
            self.state = replace(self.state, phase=Phase.HELD)

    def _found_sound(self) -> None:
        """Resume what was held for this and nothing else."""
        self._sound_lost = False
        if self.state.trouble.startswith(NO_SOUND):
            self.state = replace(self.state, trouble="")
        if self._held_for_sound and self.state.phase is Phase.HELD:
            self.state = replace(self.state, phase=Phase.IN_CALL)
        self._held_for_sound = False

    def _intent(self, intent: Intent) -> list[StationEffect]:
        match intent:
            case AnswerPressed():
                return self._verb("answer")[1]
            case RejectPressed():
                return self._verb("decline")[1]
            case HangUpPressed():
                return self._verb("hang_up")[1]
            case MuteToggled():
                effects = self._verb("mute" if intent.muted else "unmute")[1]
                lock = MUTE_LOCK_REASON if intent.locked and self.state.muted else ""
                self.state = replace(self.state, mute_lock=lock)
                return effects
            case HoldPressed():
                return self._verb("resume" if self.state.phase is Phase.HELD else "hold")[1]
        return []  # dial keys: a station does not dial yet; showing the state again answers them

    def _command(self, command: FloorCommand) -> list[StationEffect]:
        reply = self._replies.get(command.id)
        effects: list[StationEffect] = []
        if reply is None:
            reply, effects = self._carry_out(command)
            self._replies[command.id] = reply
            if len(self._replies) > REMEMBERED_COMMANDS:
                self._replies.popitem(last=False)
        return [*effects, ReplyToFloor(command.id, reply)]

    def _carry_out(self, command: FloorCommand) -> tuple[Reply, list[StationEffect]]:
        if command.verb not in VERBS:
            return Reply(False, f"unknown command {command.verb!r}"), []
        if command.leg_id and not self._is_current(command.leg_id):
            return Reply(False, "that call is over"), []
        return self._verb(command.verb)

    def _verb(self, verb: str) -> tuple[Reply, list[StationEffect]]:
        """Carry out, or find that it is so already, or refuse."""
        if self.state.phase is Phase.IDLE:
            return Reply(False, "there is no call"), []
        if self._asked is Asked.HANG_UP:
            return (Reply(True), []) if verb in ("hang_up", "decline") else (Reply(False, "the call is ending"), [])
        match verb:
            case "answer":
                return Reply(True), self._answer()
            case "decline" if self.state.phase is not Phase.RINGING or self._asked is not None:
                return Reply(False, "the call is answered already"), []
            case "decline" | "hang_up":
                return Reply(True), self._hang_up()
        if self.state.phase is Phase.RINGING:
            return Reply(False, "the call is not answered yet"), []
        match verb:
            case "mute":
                self.state = replace(self.state, muted=True)
            case "unmute":
                self.state = replace(self.state, muted=False, mute_lock="")
            case "resume" if self._sound_lost:
                return Reply(False, "the headset has no sound"), []
            case "hold":
                self._held_for_sound = False
                self.state = replace(self.state, phase=Phase.HELD)
            case "resume":
                self.state = replace(self.state, phase=Phase.IN_CALL)
        return Reply(True), []

    def _answer(self) -> list[StationEffect]:
        if self.state.phase is not Phase.RINGING or self._asked is not None:
            return []
        self._asked = Asked.ANSWER
        return [AnswerLeg(self.state.leg_id, 200)]

    def _hang_up(self) -> list[StationEffect]:
        ringing = self.state.phase is Phase.RINGING
        self._asked = Asked.HANG_UP
        return [HangUpLeg(self.state.leg_id, DECLINE if ringing else 0)]

    def _refused(self, refusal: PhoneRefused) -> list[StationEffect]:
        effects: list[StationEffect] = []
        match refusal.effect:
            case AnswerLeg(leg_id=leg_id) if self._is_current(leg_id):
                self._asked = Asked.HANG_UP
                effects = [HangUpLeg(leg_id, TEMPORARILY_UNAVAILABLE)]
            case HangUpLeg(leg_id=leg_id) if self._is_current(leg_id):
                self._clear()  # the phone cannot end what it does not have
            case AnswerLeg() | HangUpLeg():
                return []  # the leg ended while the request was on its way
        self.state = replace(self.state, trouble=f"the phone refused: {refusal.reason}")
        return effects

    def _wanted_paths(self) -> frozenset[AudioPath]:
        """Mute takes the microphone's path away; hold takes both."""
        if self.state.phase is not Phase.IN_CALL or self._asked is Asked.HANG_UP:
            return frozenset()
        leg = f"leg:{self.state.leg_id}"
        hearing = AudioPath(leg, EAR)
        return frozenset({hearing} if self.state.muted else {hearing, AudioPath(MIC, leg)})

    def _is_current(self, leg_id: str) -> bool:
        return bool(leg_id) and leg_id == self.state.leg_id

    def _clear(self) -> None:
        self._asked = None
        self._held_for_sound = False
        self.state = replace(
            self.state, phase=Phase.IDLE, leg_id="", contact_id="", caller="", muted=False, mute_lock=""
        )
