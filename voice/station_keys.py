"""What the headset's keys mean by the calls at the desk. Pure."""

from __future__ import annotations

from typing import Final

from hardware.hid.intents import (
    AnswerPressed,
    HangUpPressed,
    HoldPressed,
    Intent,
    KeyPressed,
    MuteToggled,
    RejectPressed,
)
from voice.station_desk import Desk
from voice.station_messages import StationEffect
from voice.station_state import Phase
from voice.station_verbs import carry_out

MUTE_LOCK_REASON: Final = "boom arm"


def meant(desk: Desk, intent: Intent) -> list[StationEffect]:
    """Carry out what was meant; nothing where it means nothing here: the headset is shown the state again."""
    match intent:
        case AnswerPressed():
            return carry_out(desk, "answer")[1]
        case RejectPressed():
            return carry_out(desk, "decline")[1]
        case HangUpPressed():
            return carry_out(desk, "hang_up")[1]
        case MuteToggled():
            effects = carry_out(desk, "mute" if intent.muted else "unmute")[1]
            desk.mute_lock = MUTE_LOCK_REASON if intent.locked and desk.muted else ""
            return effects
        case HoldPressed():
            return carry_out(desk, _flash(desk))[1]
        case KeyPressed(key="redial"):
            return carry_out(desk, "redial")[1]
    return []


def _flash(desk: Desk) -> str:
    """The flash key: take the call that waits, swap, hold, or resume."""
    talking, held = desk.first(Phase.IN_CALL), desk.first(Phase.HELD)
    if talking is not None and desk.first(Phase.RINGING) is not None:
        return "answer"
    if talking is not None:
        return "swap" if held is not None else "hold"
    return "resume" if held is not None else "hold"
