"""The terminal station's keyboard: key presses into commands. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from voice.station_state import Phase, StationState

ENTER: Final = ("\r", "\n")
ESCAPE: Final = "\x1b"
BACKSPACE: Final = ("\x7f", "\b")
MAX_ENTRY: Final = 64
DIGITS: Final = "0123456789*#"

PLAIN: Final = {
    "a": "answer", "d": "decline", "b": "busy", "h": "hang_up", "s": "swap", "k": "complete", "j": "conference",
    "x": "split", "r": "redial",
}  # fmt: skip
"""Keys that are one command."""

ENTRIES: Final = {"n": ("dial", "Dial"), "t": ("transfer", "Transfer to"), "c": ("consult", "Consult")}
"""Keys that ask for a number."""


class Press(Enum):
    """What a key was, where it is no command."""

    NOTHING = "nothing"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Order:
    """A station command a key asked for."""

    verb: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """``verb`` and ``typed`` are of the number that is being entered, if any."""

    verb: str = ""
    prompt: str = ""
    typed: str = ""

    def press(self, key: str, state: StationState) -> tuple[Keyboard, Order | Press]:
        """The keyboard after ``key`` (one character), and what it means with the station in ``state``."""
        if self.verb:
            return self._entry(key)
        if key in ENTRIES:
            verb, prompt = ENTRIES[key]
            return Keyboard(verb, prompt), Press.NOTHING
        if key in DIGITS:
            if state.phase is Phase.IDLE:
                return Keyboard(*ENTRIES["n"], key), Press.NOTHING
            return self, Order("digits", key)
        return self, self._command(key, state)

    def _entry(self, key: str) -> tuple[Keyboard, Order | Press]:
        if key in ENTER:
            return Keyboard(), Order(self.verb, self.typed) if self.typed else Press.NOTHING
        if key == ESCAPE:
            return Keyboard(), Press.NOTHING
        if key in BACKSPACE:
            return replace(self, typed=self.typed[:-1]), Press.NOTHING
        if key.isascii() and key.isprintable() and len(self.typed) < MAX_ENTRY:
            return replace(self, typed=self.typed + key), Press.NOTHING
        return self, Press.NOTHING

    @staticmethod
    def _command(key: str, state: StationState) -> Order | Press:
        match key:
            case "m":
                return Order("unmute" if state.muted else "mute")
            case "o":
                return Order("resume" if state.phase is Phase.HELD else "hold")
            case "D":
                return Order("dnd_off" if state.do_not_disturb else "dnd_on")
            case "p":
                paused = any(line.paused for line in state.lines if line.leg_id == state.leg_id)
                return Order("record_resume" if paused else "record_pause")
            case "q":
                return Press.QUIT
        return Order(PLAIN[key]) if key in PLAIN else Press.NOTHING
