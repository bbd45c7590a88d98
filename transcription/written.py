"""Words as one would write them: "forty five dollars and ninety cents" → "$45.90", "order four four seven one" → "order
4471", "twelfth of march" → "12 March". Pure. Stands beside the raw words, never instead of them.

Digits said one by one, years, amounts and dates are put together here; whole numbers are read by text2num.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from text_to_num import text2num

from transcription.numbers import MONTHS, ORDINALS, plain

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
_CURRENCIES = {"dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "euro": "€", "euros": "€"}
_SMALL_CHANGE = frozenset(("cent", "cents", "penny", "pence", "p"))
_NUMBER = re.compile(r"\d+")
_DAYS = 31
_COUNTED = frozenset((*_CURRENCIES, *_SMALL_CHANGE, *MONTHS, "percent"))


def written(words: Sequence[str]) -> str:
    """The words of an utterance, spaces between them. Placeholders of what is withheld stay."""
    return " ".join(_dates(_amounts(_numbers([word for word in words if word]))))


def _numbers(words: Sequence[str]) -> list[str]:
    """Runs of number words as figures. A single digit word stays a word: "one moment", "for two"."""
    found: list[str] = []
    index = 0
    while index < len(words):
        size, figure = _number_at([plain(word) for word in words[index:]])
        if size:
            found.append(figure)
        else:
            found.append(words[index])
        index += max(1, size)
    return found


def _number_at(tokens: Sequence[str]) -> tuple[int, str]:
    """How many words form a number here, and its figures."""
    digits = _spelt(tokens)
    cardinal = _cardinal(tokens)
    if cardinal[0] >= digits[0] and cardinal[0]:
        year = _year(tokens)
        return year if year[0] > cardinal[0] else cardinal
    return digits if digits[0] > 1 else _single(tokens)


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
    if len(tokens) > 1 and tokens[0] in _UNITS and tokens[1] in _COUNTED:
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


def _amounts(words: Sequence[str]) -> list[str]:
    """ "45 dollars and 90 cents" → "$45.90", "10 percent" → "10%"."""
    found: list[str] = []
    index = 0
    while index < len(words):
        tokens = [plain(word) for word in words[index : index + 5]]
        sign = _CURRENCIES.get(tokens[1], "") if len(tokens) > 1 and _NUMBER.fullmatch(tokens[0]) else ""
        if sign:
            size, cents = _change(tokens[2:])
            found.append(f"{sign}{tokens[0]}{cents}")
            index += 2 + size
        elif len(tokens) > 1 and _NUMBER.fullmatch(tokens[0]) and tokens[1] == "percent":
            found.append(f"{tokens[0]}%")
            index += 2
        else:
            found.append(words[index])
            index += 1
    return found


def _change(tokens: Sequence[str]) -> tuple[int, str]:
    """What follows the currency: how many words, and ".90"."""
    skip = 1 if tokens[:1] == ["and"] else 0
    rest = tokens[skip:]
    if not rest or not _NUMBER.fullmatch(rest[0]) or int(rest[0]) > 99:
        return 0, ""
    if len(rest) > 1 and rest[1] in _SMALL_CHANGE:
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
    if _NUMBER.fullmatch(tokens[0]) and 1 <= int(tokens[0]) <= _DAYS:
        if tokens[0] in ("20", "30") and len(tokens) > 1 and ORDINALS.get(tokens[1], 10) < 10:
            return 2, int(tokens[0]) + ORDINALS[tokens[1]]
        return 1, int(tokens[0])
    return 0, 0
