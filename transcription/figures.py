"""Number words as figures: "four four seven one" → "4471", "three point five" → "3.5", "ten thirty" → "10:30". Pure.

Whole numbers are read by text2num; digits said one by one, names made of numbers, decimals, times, years and ordinals
are put together here. A single digit word stays a word: "one moment", "for two".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from text_to_num import text2num

from transcription.numbers import MONTHS, ORDINALS, plain

CURRENCIES = {"dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "euro": "€", "euros": "€"}
SMALL_CHANGE = frozenset(("cent", "cents", "penny", "pence", "p"))
_UNITS = {
    word: str(digit)
    for digit, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
} | {"oh": "0", "o": "0", "nought": "0", "niner": "9"}
_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_BELOW_HUNDRED = frozenset(
    ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
     "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
)  # fmt: skip
_MAGNITUDES = frozenset(("hundred", "thousand", "million"))
_COUNTED = frozenset((*CURRENCIES, *SMALL_CHANGE, *MONTHS, "percent"))
# Things called by a number: "order forty four seventy one", "invoice number is ten thirty".
_NAMED = frozenset(
    ("order", "invoice", "room", "number", "reference", "ticket", "case", "claim", "booking", "flight", "extension",
     "policy", "table", "gate", "platform")
)  # fmt: skip
_BETWEEN_NAME_AND_NUMBER = frozenset(("number", "is", "it's", "its", "was"))
_HOURS = {"ten": "10", "eleven": "11", "twelve": "12"}
_BEFORE_TIMES = frozenset(
    ("at", "by", "until", "till", "before", "after", "from", "since", "around", "about", "between", "to")
)  # fmt: skip
_NOT_AFTER_TIMES = frozenset(
    (*_COUNTED, *_MAGNITUDES, *_BELOW_HUNDRED, *_UNITS, *_REPEATS, "point", "per", "second", "seconds", "minute",
     "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "times")
)  # fmt: skip


def figures(words: Sequence[str]) -> list[str]:
    """The words with their numbers as figures; each figure is one word."""
    tokens = [plain(word) for word in words]
    found: list[str] = []
    index = 0
    while index < len(words):
        size, figure = _number_at(tokens[:index], tokens[index:])
        found.append(figure if size else words[index])
        index += max(1, size)
    return found


def _number_at(before: Sequence[str], tokens: Sequence[str]) -> tuple[int, str]:
    """How many words form a number here, and its figures. ``before``: the words it follows."""
    for size, figure in (_name(before, tokens), _time(before, tokens), _decimal(tokens)):
        if size:
            return size, figure
    digits = _spelt(tokens)
    cardinal = _cardinal(tokens)
    if cardinal[0] >= digits[0] and cardinal[0]:
        year = _year(tokens)
        return year if year[0] > cardinal[0] else _ordinal(tokens, *cardinal)
    return digits if digits[0] > 1 else _single(tokens)


def _name(before: Sequence[str], tokens: Sequence[str]) -> tuple[int, str]:
    """What a thing is called by, its figures side by side: "order forty four seventy one" is no sum."""
    last = len(before) - 1
    while last > 0 and before[last] in _BETWEEN_NAME_AND_NUMBER and before[last] not in _NAMED:
        last -= 1
    if last < 0 or before[last] not in _NAMED:
        return 0, ""
    written, index = "", 0
    while index < len(tokens):
        size, figure = _below_hundred(tokens, index)
        if not size:
            size, figure = _spelt(tokens[index:])
        if not size:
            break
        written, index = written + figure, index + size
    following = tokens[index] if index < len(tokens) else ""
    return (index, written) if index > 1 and following not in {*_COUNTED, *_MAGNITUDES, "point"} else (0, "")


def _time(before: Sequence[str], tokens: Sequence[str]) -> tuple[int, str]:
    """ "at nine thirty", "nine thirty p m", and "ten thirty" by itself: an hour to twelve and minutes in fives."""
    hour = _HOURS.get(tokens[0]) or _UNITS.get(tokens[0], "0")
    if hour == "0" or (before and before[-1] in _NOT_AFTER_TIMES):
        return 0, ""
    size, minutes = _below_hundred(tokens, 1)
    if not size and tokens[1:2] == ["oh"] and _UNITS.get("".join(tokens[2:3]), "0") != "0":
        size, minutes = 2, "0" + _UNITS[tokens[2]]
    following = tokens[1 + size : 3 + size]
    of_day = following[:1] in (["am"], ["pm"]) or following in (["a", "m"], ["p", "m"])
    if not size or int(minutes) > 59 or (following and following[0] in _NOT_AFTER_TIMES and not of_day):
        return 0, ""
    is_said = of_day or bool(before and before[-1] in _BEFORE_TIMES)
    is_likely = tokens[0] in _HOURS and int(minutes) % 5 == 0
    return (1 + size, f"{hour}:{minutes}") if is_said or is_likely else (0, "")


def _decimal(tokens: Sequence[str]) -> tuple[int, str]:
    """A whole number, "point" and digits one by one."""
    size, whole = _cardinal(tokens)
    if not size and tokens[0] in _UNITS:
        size, whole = 1, _UNITS[tokens[0]]
    if not size or tokens[size : size + 1] != ["point"]:
        return 0, ""
    digits, fraction = _spelt(tokens[size + 1 :])
    return (size + 1 + digits, f"{whole}.{fraction}") if digits else (0, "")


def _ordinal(tokens: Sequence[str], size: int, figure: str) -> tuple[int, str]:
    """ "twenty" and "first" are "21st". Not "thirty second": it may be half a minute."""
    following = tokens[size] if size < len(tokens) else ""
    unit = ORDINALS.get(following, 10)
    if unit > 9 or following == "second" or not re.fullmatch(r"\d*[2-9]0", figure):
        return size, figure
    return size + 1, f"{int(figure) + unit}{ {1: 'st', 3: 'rd'}.get(unit, 'th') }"


def _spelt(tokens: Sequence[str]) -> tuple[int, str]:
    """Digits said one by one."""
    figures, index = "", 0
    while index < len(tokens):
        token = tokens[index]
        if token in _UNITS:
            figures += _UNITS[token]
            index += 1
        elif token in _REPEATS and index + 1 < len(tokens) and tokens[index + 1] in _UNITS:
            figures += _UNITS[tokens[index + 1]] * _REPEATS[token]
            index += 2
        else:
            break
    return index, figures


def _single(tokens: Sequence[str]) -> tuple[int, str]:
    """One digit counts as a figure before a unit only: "five pounds", "two percent"."""
    if tokens[0] in _UNITS and (tokens[1:3] == ["per", "cent"] or (len(tokens) > 1 and tokens[1] in _COUNTED)):
        return 1, _UNITS[tokens[0]]
    return 0, ""


def _cardinal(tokens: Sequence[str]) -> tuple[int, str]:
    """The longest whole number of ten or more that begins here: "one hundred and twenty three"."""
    if not tokens or (tokens[0] not in _BELOW_HUNDRED and not (len(tokens) > 1 and tokens[1] in _MAGNITUDES)):
        return 0, ""
    end = 0
    while end < len(tokens) and (
        tokens[end] in _UNITS or tokens[end] in _BELOW_HUNDRED or tokens[end] in _MAGNITUDES or tokens[end] == "and"
    ):
        end += 1
    for size in range(end, 0, -1):
        if tokens[size - 1] == "and":
            continue
        try:
            return size, str(text2num(" ".join(tokens[:size]), "en"))
        except ValueError:
            continue
    return 0, ""


def _year(tokens: Sequence[str]) -> tuple[int, str]:
    """Two numbers below a hundred said as one of four figures: "nineteen eighty four", "twenty twenty five"."""
    first, second = _below_hundred(tokens, 0), (0, "")
    if first[0]:
        second = _below_hundred(tokens, first[0])
    if not second[0] or first[1] not in ("18", "19", "20"):
        return 0, ""
    return first[0] + second[0], first[1] + second[1]


def _below_hundred(tokens: Sequence[str], start: int) -> tuple[int, str]:
    if start >= len(tokens) or tokens[start] not in _BELOW_HUNDRED:
        return 0, ""
    size = 1
    is_ten = tokens[start].endswith("ty")
    if is_ten and start + 1 < len(tokens) and tokens[start + 1] in _UNITS and _UNITS[tokens[start + 1]] != "0":
        size = 2
    return size, str(text2num(" ".join(tokens[start : start + size]), "en"))
