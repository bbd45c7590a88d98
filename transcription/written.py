"""Words as one would write them: "forty five dollars and ninety cents" → "$45.90", "order four four seven one" → "order
4471", "twelfth of march" → "12 March". Pure. Stands beside the raw words, never instead of them.

Numbers become figures first (``transcription.figures``); amounts and dates are put together here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcription.figures import CURRENCIES, SMALL_CHANGE, figures
from transcription.numbers import MONTHS, ORDINALS, plain

_NUMBER = re.compile(r"\d+")
_DECIMAL = re.compile(r"\d+(\.\d+)?")
_ORDINAL = re.compile(r"(\d+)(st|rd|th)")
_DAYS = 31


def written(words: Sequence[str]) -> str:
    """The words of an utterance, spaces between them. Placeholders of what is withheld stay."""
    return " ".join(_dates(_amounts(figures([word for word in words if word]))))


def _amounts(words: Sequence[str]) -> list[str]:
    """ "45 dollars and 90 cents" → "$45.90", "10 percent" → "10%"."""
    found: list[str] = []
    index = 0
    while index < len(words):
        size, amount = _amount_at([plain(word) for word in words[index : index + 5]])
        found.append(amount if size else words[index])
        index += max(1, size)
    return found


def _amount_at(tokens: Sequence[str]) -> tuple[int, str]:
    number, following = tokens[0], tokens[1] if len(tokens) > 1 else ""
    sign = CURRENCIES.get(following, "")
    if sign and _DECIMAL.fullmatch(number):
        size, cents = _change(tokens[2:]) if _NUMBER.fullmatch(number) else (0, "")
        return 2 + size, f"{sign}{number}{cents}"
    if sign and number == "a":  # "a dollar fifty"; "a dollar" is well written as it is
        size, cents = _change(tokens[2:])
        return (2 + size, f"{sign}1{cents}") if size else (0, "")
    if _DECIMAL.fullmatch(number):
        if following == "percent":
            return 2, f"{number}%"
        if tokens[1:3] == ["per", "cent"]:
            return 3, f"{number}%"
    return 0, ""


def _change(tokens: Sequence[str]) -> tuple[int, str]:
    """What follows the currency: how many words, and ".90"."""
    skip = 1 if tokens[:1] == ["and"] else 0
    rest = tokens[skip:]
    if not rest or not _NUMBER.fullmatch(rest[0]) or int(rest[0]) > 99:
        return 0, ""
    if len(rest) > 1 and rest[1] in SMALL_CHANGE:
        return skip + 2, f".{int(rest[0]):02}"
    return (1, f".{int(rest[0]):02}") if not skip and len(rest[0]) == 2 else (0, "")


def _dates(words: Sequence[str]) -> list[str]:
    """ "twelfth of march" and "march 12" → "12 March"."""
    found: list[str] = []
    index = 0
    while index < len(words):
        size, date = _date_at(words[index:])
        found.append(date if size else words[index])
        index += max(1, size)
    return found


def _date_at(words: Sequence[str]) -> tuple[int, str]:
    tokens = [plain(word) for word in words[:6]]
    start = 1 if tokens[0] == "the" else 0
    size, day = _day(tokens[start:])
    if size:
        gap = 1 if tokens[start + size : start + size + 1] == ["of"] else 0
        month = tokens[start + size + gap : start + size + gap + 1]
        if month and month[0] in MONTHS:
            return start + size + gap + 1, f"{day} {month[0].capitalize()}"
    if tokens[0] in MONTHS and len(tokens) > 1:
        skip = 1 if tokens[1] == "the" else 0
        size, day = _day(tokens[1 + skip :])
        if size:
            return 1 + skip + size, f"{day} {tokens[0].capitalize()}"
    return 0, ""


def _day(tokens: Sequence[str]) -> tuple[int, int]:
    """A day of a month: how many words, and which."""
    if not tokens:
        return 0, 0
    if tokens[0] in ORDINALS:
        return 1, ORDINALS[tokens[0]]
    if (ordinal := _ORDINAL.fullmatch(tokens[0])) and int(ordinal[1]) <= _DAYS:
        return 1, int(ordinal[1])
    if _NUMBER.fullmatch(tokens[0]) and 1 <= int(tokens[0]) <= _DAYS:
        if tokens[0] in ("20", "30") and len(tokens) > 1 and ORDINALS.get(tokens[1], 10) < 10:
            return 2, int(tokens[0]) + ORDINALS[tokens[1]]
        return 1, int(tokens[0])
    return 0, 0
