"""The agent's softphone as one pure state machine, so that headset, page and SIP never disagree.

In: phone events, what the user meant by a headset button, commands of the floor or a terminal. Out: effects. Nothing
here waits or fails; what the phone refuses comes back as ``PhoneRefused``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from hardware.hid.intents import CallState, Intent
from voice.clock import Clock, SystemClock
from voice.commands import Reply
from voice.events import new_identifier
from voice.phone import (
    AudioPath,
    IncomingLeg,
    LegConnected,
    LegDisconnected,
    LegHoldChanged,
    LegHoldRefused,
    LegProgressed,
    LegQuality,
    LegReferred,
    LegReplaced,
    RegistrationChanged,
    TransferProgressed,
)
from voice.station_desk import ANSWERED, Asked, Call, Desk
from voice.station_invite import asks_for_answer, user_of
from voice.station_keys import meant
from voice.station_messages import (
    AnswerLeg,
    AnswerReferral,
    CallKept,
    DialLeg,
    FloorCommand,
    HangUpLeg,
    HeadsetChanged,
    HoldLeg,
    NoticePlayed,
    PhoneRefused,
    PlayNotice,
    PlayZip,
    ReplyToFloor,
    ReportState,
    SetPaths,
    ShowOnHeadset,
    SoundLost,
    SoundReturned,
    StationEffect,
    StationInput,
    SupervisorRangOut,
    TransferLeg,
    TransferToLeg,
)
from voice.station_state import CONTACT_HEADER, SUPERVISION_HEADER, CallLine, Phase, StationPolicy, StationState
from voice.station_supervision import Supervision
from voice.station_verbs import BUSY_HERE, SUPERVISION, Outcome, carry_out

TEMPORARILY_UNAVAILABLE: Final = 480
REMEMBERED_COMMANDS: Final = 64


class StationCore:
    """``handle`` takes an input and gives the effects, in order. A call there is no line for is busy (486)."""

    def __init__(
        self,
        policy: StationPolicy | None = None,
        new_id: Callable[[], str] = new_identifier,
        clock: Clock | None = None,
    ) -> None:
        self._desk = Desk(policy or StationPolicy(), new_id, (clock or SystemClock()).monotonic)
        self._supervision = Supervision(self._desk)
        self._troubles: dict[str, str] = {}
        self._registered = False
        self._headset = ""
        self._paths: frozenset[AudioPath] = frozenset()
        self._holds: frozenset[str] = frozenset()
        self._replies: OrderedDict[str, Reply] = OrderedDict()

    @property
    def state(self) -> StationState:
        """What the floor is told."""
        current = self._desk.current
        line = current.line if current is not None else CallLine("", Phase.IDLE, "")
        return StationState(
            phase=line.phase,
            registered=self._registered,
            leg_id=line.leg_id,
            contact_id=line.contact_id,
            caller=line.caller,
            muted=self._desk.muted,
            mute_lock=self._desk.mute_lock,
            headset=self._headset,
            trouble=next(reversed(self._troubles.values()), ""),
            lines=tuple(call.line for call in self._desk.calls),
            do_not_disturb=self._desk.do_not_disturb,
            pbx=self._desk.policy.sip_calls,
            past=tuple(self._desk.past),
            supervision=self._supervision.line,
        )

    def headset_state(self) -> CallState:
        """What the headset shall show."""
        return self._desk.headset_state()

    def handle(self, event: StationInput) -> list[StationEffect]:
        """What to do about ``event``."""
        before, shown = self.state, self.headset_state()
        effects = [*self._dispatch(event)]
        effects += self._supervision.settle()
        held, paths = self._desk.held_legs(), self._desk.paths() | self._supervision.paths()
        living = {call.leg_id for call in self._desk.calls if not call.ending}
        changed = sorted((held ^ self._holds) & living)
        effects[:0] = [HoldLeg(leg_id, leg_id in held) for leg_id in changed]
        self._holds = held
        if paths != self._paths:
            self._paths = paths
            effects.insert(0, SetPaths(paths))
        if isinstance(event, Intent) or self.headset_state() != shown:
            effects.insert(0, ShowOnHeadset(self.headset_state()))  # first: it closes the microphone without waiting
        if self.state != before:
            effects.append(ReportState(self.state))
        return effects

    def _dispatch(self, event: StationInput) -> list[StationEffect]:
        match event:
            case IncomingLeg():
                return self._incoming(event)
            case RegistrationChanged():
                self._registered = event.active
                failed = not event.active and event.code >= 300
                self._trouble("registration", f"not registered: {event.code} {event.reason}" if failed else "")
            case FloorCommand():
                return self._command(event)
            case PhoneRefused():
                return self._refused(event)
            case HeadsetChanged():
                self._headset = event.name
                self._trouble("headset", event.trouble)
            case SoundLost():
                self._trouble("sound", f"no sound: {event.reason}")
                self._desk.lose_sound()
            case SoundReturned():
                self._trouble("sound", "")
                self._desk.find_sound()
            case NoticePlayed():
                for call in self._desk.calls:
                    call.noticed = call.noticed or call.phase is Phase.IN_CALL
            case CallKept():
                self._desk.keep(event.contact_id, event.kept)
            case SupervisorRangOut():
                return self._supervision.rang_out(event.leg_id)
            case Intent():
                return meant(self._desk, event)
            case _:
                leg_id = getattr(event, "leg_id", "")
                if self._supervision.has(leg_id):
                    return self._supervision.handle(event)
                known = self._desk.find(leg_id)
                return self._of_call(known, event) if known is not None else _unknown(event)
        return []

    def _of_call(self, call: Call, event: StationInput) -> list[StationEffect]:
        match event:
            case LegConnected():
                self._desk.connect(call, encrypted=event.encrypted)
                zip_tone: list[StationEffect] = [PlayZip()] if call.answered_for_her else []
                return zip_tone if call.noticed else [*zip_tone, PlayNotice()]
            case LegDisconnected():
                if call.phase is Phase.DIALLING and not call.ending:
                    self._trouble("call", f"{call.line.caller}: {event.code} {event.reason}")
                self._desk.end(call)
            case LegProgressed():
                call.early = True
            case LegHoldChanged():
                call.change(held_by_peer=event.held_by_peer)
            case LegHoldRefused():
                self._trouble("call", f"the far end refused to be held or resumed: {event.code} {event.reason}")
            case LegQuality():
                call.measured(event)
            case LegReplaced():
                call.change(leg_id=event.new_leg_id)
            case LegReferred():
                return self._referred(call, event)
            case TransferProgressed(final=True):
                return self._transferred(call, event)
        return []

    def _incoming(self, leg: IncomingLeg) -> list[StationEffect]:
        desk = self._desk
        if not desk.has_room:
            return [HangUpLeg(leg.leg_id, BUSY_HERE)]
        if desk.do_not_disturb:
            return [HangUpLeg(leg.leg_id, TEMPORARILY_UNAVAILABLE)]
        self._trouble("call", "")
        contact_id, caller = leg.headers.get(CONTACT_HEADER, ""), leg.from_display or leg.from_uri
        line = CallLine(leg.leg_id, Phase.RINGING, caller, contact_id=contact_id, number=user_of(leg.from_uri))
        call = Call(line, private=SUPERVISION_HEADER in leg.headers)
        wanted = desk.policy.auto_answer and asks_for_answer(leg.headers)
        desk.begin(call)
        if wanted and all(other.ending for other in desk.hers if other is not call) and not desk.sound_lost:
            call.asked, call.answered_for_her = Asked.ANSWER, True
            return [AnswerLeg(leg.leg_id, 200)]
        return [AnswerLeg(leg.leg_id, 180)]

    def _referred(self, call: Call, event: LegReferred) -> list[StationEffect]:
        """The far end hands us on: follow it, on the line the old call leaves; its sender ends that one."""
        desk = self._desk
        if not desk.policy.sip_calls or call.ending or call.phase not in ANSWERED:
            return [AnswerReferral(event.leg_id, None)]
        leg_id = desk.new_leg_id()
        if call.phase is Phase.IN_CALL:
            desk.put_on_hold(call)
            call.handed_us_on = True
        desk.begin(Call(CallLine(leg_id, Phase.DIALLING, event.target, incoming=False, consult=call.line.consult)))
        return [AnswerReferral(event.leg_id, leg_id)]

    def _transferred(self, call: Call, event: TransferProgressed) -> list[StationEffect]:
        call.transferring = False
        if event.code >= 300:
            self._trouble("call", f"the transfer failed: {event.code} {event.reason}")
            return []
        if call.ending:
            return []
        call.asked = Asked.HANG_UP
        return [HangUpLeg(call.leg_id)]

    def _command(self, command: FloorCommand) -> list[StationEffect]:
        reply = self._replies.get(command.id)
        effects: list[StationEffect] = []
        if reply is None:
            reply, effects = self._carry_out(command)
            self._replies[command.id] = reply
            if len(self._replies) > REMEMBERED_COMMANDS:
                self._replies.popitem(last=False)
        return [*effects, ReplyToFloor(command.id, reply)]

    def _carry_out(self, command: FloorCommand) -> Outcome:
        if command.verb in SUPERVISION and self._desk.policy.sip_calls:
            return self._supervision.command(command.verb, command.argument)
        return carry_out(self._desk, command.verb, command.leg_id, command.argument)

    def _refused(self, refusal: PhoneRefused) -> list[StationEffect]:
        effects: list[StationEffect] = []
        match refusal.effect:
            case HangUpLeg(leg_id=leg_id) | DialLeg(leg_id=leg_id) if self._supervision.has(leg_id):
                return self._supervision.over(0, refusal.reason)
            case AnswerLeg(leg_id=leg_id) | HangUpLeg(leg_id=leg_id) | DialLeg(leg_id=leg_id):
                call = self._desk.find(leg_id)
                if call is None:
                    return []  # the leg ended while the request was on its way
                if isinstance(refusal.effect, AnswerLeg):
                    call.asked = Asked.HANG_UP
                    effects = [HangUpLeg(leg_id, TEMPORARILY_UNAVAILABLE)]
                else:
                    self._desk.end(call)  # the phone cannot end what it does not have, nor begin what it refuses
            case TransferLeg(leg_id=leg_id) | TransferToLeg(leg_id=leg_id):
                if (call := self._desk.find(leg_id)) is not None:
                    call.transferring = False
            case AnswerReferral(new_leg_id=str(new_leg_id)):
                if (call := self._desk.find(new_leg_id)) is not None:
                    self._desk.end(call)
        self._trouble("call", f"the phone refused: {refusal.reason}")
        return effects

    def _trouble(self, kind: str, text: str) -> None:
        """The newest trouble of each kind; an empty ``text`` says that it is over."""
        self._troubles.pop(kind, None)
        if text:
            self._troubles[kind] = text


def _unknown(event: StationInput) -> list[StationEffect]:
    """Of a leg that is no call of ours (refused as busy): only a REFER needs an answer."""
    return [AnswerReferral(event.leg_id, None)] if isinstance(event, LegReferred) else []
