"""What a page, a terminal or a button may ask of the station, carried out on its desk. Pure."""

from __future__ import annotations

import re
from typing import Final

from hardware.busylight import Work
from voice.commands import Reply
from voice.station_desk import ANSWERED, Asked, Call, Desk
from voice.station_messages import (
    AnswerLeg,
    DialLeg,
    HangUpLeg,
    SendDigits,
    ShowWork,
    StationEffect,
    TransferLeg,
    TransferToLeg,
)
from voice.station_state import VERBS, CallLine, Phase

BUSY_HERE: Final = 486
DECLINE: Final = 603

Outcome = tuple[Reply, list[StationEffect]]
SUPERVISION: Final = frozenset({"supervise", "supervise_as", "unsupervise"})
_ANYWHERE: Final = frozenset({"work", "dnd_on", "dnd_off", "dial", "redial", "consult"})
_OWN_SIP: Final = (
    frozenset({"dial", "redial", "consult", "swap", "transfer", "complete", "conference", "split"}) | SUPERVISION
)
_NUMBER: Final = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")
_SIP: Final = re.compile(r"sips?:[!-~]{1,200}")
_DIGITS: Final = re.compile(r"[0-9*#A-Da-d]{1,32}")


def refused(reason: str) -> Outcome:
    """Not done, and why."""
    return Reply(False, reason), []


def done(*effects: StationEffect) -> Outcome:
    """Done, or being done by ``effects``."""
    return Reply(True), list(effects)


def address(number: str, domain: str) -> str | None:
    """The SIP URI of what was typed: a number or a name of ``domain``, or a URI; None for anything else."""
    if _SIP.fullmatch(number):
        return number
    number = re.sub(r"[ ()/-]", "", number) if re.fullmatch(r"[0-9+ ()/-]+", number) else number
    return f"sip:{number}@{domain}" if _NUMBER.fullmatch(number) else None


def carry_out(desk: Desk, verb: str, leg_id: str = "", argument: str = "") -> Outcome:
    """Carry out, or find that it is so already, or refuse."""
    if verb not in VERBS:
        return refused(f"unknown command {verb!r}")
    if verb in _OWN_SIP and not desk.policy.sip_calls:
        return refused("behind the front the contact's worker does this")
    if verb in _ANYWHERE:
        return _anywhere(desk, verb, argument)
    call = desk.find(leg_id) if leg_id else _meant(desk, verb)
    if call is None:
        return refused("that call is over" if leg_id else "there is no call")
    if call.phase is Phase.TAKEN:
        return refused("a supervisor has taken this call over")
    if call.ending:
        return done() if verb in ("hang_up", "decline", "busy") else refused("the call is ending")
    if verb in ("answer", "decline", "busy", "hang_up"):
        return _begin_or_end(desk, verb, call)
    if call.phase not in ANSWERED and not (call.phase is Phase.DIALLING and verb in ("mute", "unmute")):
        return refused("the call is not answered yet")
    if verb in ("record_pause", "record_resume"):
        if not call.captured:
            return refused("this call is not recorded here")
        call.change(paused=verb == "record_pause")
        return done()
    if verb in ("mute", "unmute", "hold", "resume", "swap"):
        return _hear(desk, verb, call)
    return _hand_on(desk, verb, call, argument)


def _meant(desk: Desk, verb: str) -> Call | None:
    """The call a verb without a leg is about."""
    wanted = {"answer": Phase.RINGING, "decline": Phase.RINGING, "busy": Phase.RINGING, "resume": Phase.HELD}.get(verb)
    return (desk.first(wanted) if wanted is not None else None) or desk.current


def _anywhere(desk: Desk, verb: str, argument: str) -> Outcome:
    match verb:
        case "dnd_on" | "dnd_off":
            desk.do_not_disturb = verb == "dnd_on"
            return done()
        case "work":
            return done(ShowWork(Work(argument))) if argument in set(Work) else refused(f"no such work: {argument!r}")
        case "redial":
            return _dial(desk, desk.last_dialled) if desk.last_dialled else refused("nothing was dialled yet")
        case "consult":
            if desk.first(*ANSWERED) is None:
                return refused("there is no call to consult about")
            if any(call.line.consult for call in desk.calls):
                return refused("a consultation is under way")
            return _dial(desk, argument, consult=True)
    return _dial(desk, argument) if desk.has_room else refused("all lines are in use")


def _dial(desk: Desk, number: str, *, consult: bool = False) -> Outcome:
    uri = address(number, desk.policy.domain)
    if uri is None:
        return refused(f"{number[:40]!r} cannot be called")
    if not consult and not desk.has_room:
        return refused("all lines are in use")
    if desk.sound_lost:
        return refused("the headset has no sound")
    if desk.first(Phase.DIALLING) is not None:
        return refused("another call is being dialled")
    desk.clear_line()
    desk.last_dialled = number
    leg_id = desk.new_leg_id()
    desk.begin(Call(CallLine(leg_id, Phase.DIALLING, number, incoming=False, consult=consult, number=number)))
    return done(DialLeg(leg_id, uri))


def _begin_or_end(desk: Desk, verb: str, call: Call) -> Outcome:
    ringing = call.phase is Phase.RINGING
    match verb:
        case "answer" if not ringing or call.asked is not None:
            return done()
        case "answer":
            desk.clear_line()
            call.asked = Asked.ANSWER
            return done(AnswerLeg(call.leg_id, 200))
        case "decline" | "busy" if not ringing or call.asked is not None:
            return refused("the call is answered already")
    call.asked = Asked.HANG_UP
    return done(HangUpLeg(call.leg_id, (BUSY_HERE if verb == "busy" else DECLINE) if ringing else 0))


def _hear(desk: Desk, verb: str, call: Call) -> Outcome:
    match verb:
        case "mute" | "unmute":
            desk.muted = verb == "mute"
            desk.mute_lock = desk.mute_lock if desk.muted else ""
        case "hold":
            desk.put_on_hold(call)
        case _ if desk.sound_lost:
            return refused("the headset has no sound")
        case "resume" if call.phase is Phase.HELD:
            desk.clear_line()
            call.change(phase=Phase.IN_CALL)
        case "swap":
            waiting = desk.first(Phase.HELD)
            if waiting is None or desk.first(Phase.IN_CALL) is None:
                return refused("there is no other call")
            desk.clear_line()
            waiting.change(phase=Phase.IN_CALL)
    return done()


def _hand_on(desk: Desk, verb: str, call: Call, argument: str) -> Outcome:
    """Digits, transfer, conference."""
    talking, waiting = desk.first(Phase.IN_CALL), desk.first(Phase.HELD)
    match verb:
        case "digits":
            return done(SendDigits(call.leg_id, argument)) if _DIGITS.fullmatch(argument) else refused("not digits")
        case "transfer" | "complete" if call.transferring:
            return refused("a transfer is under way")
        case "transfer":
            uri = address(argument, desk.policy.domain)
            if uri is None:
                return refused(f"{argument[:40]!r} cannot be called")
            call.transferring = True
            return done(TransferLeg(call.leg_id, uri))
        case "complete" | "conference" if talking is None or waiting is None:
            return refused("it takes a call that waits and one you talk to")
        case "complete" if talking is not None and waiting is not None:
            waiting.transferring = True
            return done(TransferToLeg(waiting.leg_id, talking.leg_id))
        case "conference" if talking is not None and waiting is not None:
            talking.change(joined=True)
            waiting.change(joined=True, phase=Phase.IN_CALL)
            return done()
    joined = [other for other in desk.calls if other.line.joined]
    for other in joined:
        other.change(joined=False)
    for other in joined[:-1]:
        desk.put_on_hold(other)
    return done() if joined else refused("there is no conference")
