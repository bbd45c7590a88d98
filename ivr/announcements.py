"""Whole sentences for places and waits: each is one recording, so nothing is pieced together from words."""

from __future__ import annotations

TOLD = 10
"""Places up to here are told by their number."""

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NEXT = "You are the next in line."
_FAR = "There are more than ten callers before you."

POSITIONS = (_NEXT, *(f"You are number {number} in line." for number in _NUMBERS[1:]), _FAR)

_MINUTES = (1, 2, 3, 5, 8, 12, 20, 30)
_WORDS = {1: "one", 2: "two", 3: "three", 5: "five", 8: "eight", 12: "twelve", 20: "twenty", 30: "thirty"}
_SOON = "We expect a wait of less than one minute."
_LONG = "We expect a wait of more than thirty minutes."
_MAYBE_LONG = "The wait may be longer than thirty minutes."
_WIDEST = 3
"""Steps of ``_MINUTES`` a range may span; a wider one is told by its far end alone."""


def _between(low: int, high: int) -> str:
    return f"We expect a wait of {_WORDS[_MINUTES[low]]} to {_WORDS[_MINUTES[high]]} minutes."


def _below(high: int) -> str:
    return f"We expect a wait of less than {_WORDS[_MINUTES[high]]} minutes."


_STEPS = range(len(_MINUTES))
WAITS = (
    _SOON,
    *(_below(high) for high in _STEPS[1:]),
    *(_between(low, high) for low in _STEPS for high in _STEPS[low + 1 : low + 1 + _WIDEST]),
    _MAYBE_LONG,
    _LONG,
)


def position(ahead: int) -> str:
    """The place of one behind ``ahead`` others."""
    return POSITIONS[min(ahead, TOLD)]


def wait(low_s: float, high_s: float) -> str:
    """The narrowest of the sentences that holds ``low_s`` to ``high_s`` seconds."""
    low = max((step for step in _STEPS if 60 * _MINUTES[step] <= low_s), default=None)
    high = min((step for step in _STEPS if 60 * _MINUTES[step] >= high_s), default=None)
    if high is None:
        return _LONG if low == _STEPS[-1] else _MAYBE_LONG
    if high == 0:
        return _SOON
    if low is None or high - low > _WIDEST:
        return _below(high)
    return _between(min(low, high - 1), high)
