"""A supervisor changes her mode on her telephone: ``#`` and, within three seconds, 4, 5 or 6. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voice.hearing import Mode

KEYS: Final[Mapping[str, Mode]] = {"4": Mode.LISTEN, "5": Mode.WHISPER, "6": Mode.BARGE}
"""After ``#``, as with Asterisk's ChanSpy. Taking over costs the agent the call and is left to the board."""

ARMED_S: Final = 3.0
"""How long after ``#`` the second digit counts."""


class ModeKeys:
    """One supervisor's key presses."""

    def __init__(self) -> None:
        self._armed_at: float | None = None

    def press(self, digit: str, now: float) -> Mode | None:
        """The mode that ``digit`` asks for, ``now`` being seconds of any clock; None: it means nothing."""
        armed_at, self._armed_at = self._armed_at, now if digit == "#" else None
        return KEYS.get(digit) if armed_at is not None and now - armed_at <= ARMED_S else None
