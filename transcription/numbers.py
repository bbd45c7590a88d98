"""Finds runs of spoken or written digits in words: "double four, seven oh", "forty one eleven", "4111-1111". Pure.

Counts digits, it does not read them: redaction needs to know where a number is and how long, not which one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = frozenset(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh", "o", "nought", "niner")
)
_TEENS = frozenset(
    ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
)
_TENS = frozenset(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"))
_REPEATS = {"double": 1, "triple": 2, "treble": 2}
_MAGNITUDES = frozenset(("hundred", "thousand", "million"))
# What recognisers write for a digit; a digit only between digits.
HOMOPHONES = frozenset(("to", "too", "for", "fore", "won", "ate", "tree", "free"))
FILLERS = frozenset(
    ("um", "uh", "er", "erm", "ah", "hm", "mm", "and", "then", "so", "yes", "yeah", "ok", "okay", "dash", "space")
)
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ORDINAL_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
)  # fmt: skip
ORDINALS = {word: number for number, word in enumerate(_ORDINAL_WORDS, start=1)} | {"twentieth": 20, "thirtieth": 30}
_MAX_HOMOPHONES = 3
_BRIDGE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Words ``first`` to ``last`` (inclusive) hold ``digits`` digits; ``counted[i]``: digits up to the end of word
    ``first + i``.
    """

    first: int
    last: int
    counted: tuple[int, ...]

    @property
    def digits(self) -> int:
        """How many digits were said."""
        return self.counted[-1]


def digit_runs(words: Sequence[str]) -> tuple[DigitRun, ...]:
    """The runs of digits, in order. Fillers do not end a run, nor does one stray word between three digits and more."""
    tokens = [plain(word) for word in words]
    runs: list[DigitRun] = []
    index = 0
    while index < len(tokens):
        if _digits_at(tokens, index) is None or tokens[index] in _MAGNITUDES:
            index += 1
            continue
        run = _run_from(tokens, index)
        index = run.last + 1
        if runs and _bridged(tokens, runs[-1], run):
            run = _join(runs.pop(), run)
        runs.append(run)
    return tuple(runs)


def is_filler(word: str) -> bool:
    """Whether the word carries nothing between digits."""
    return plain(word) in FILLERS


def is_homophone(word: str) -> bool:
    """Whether the word may be a misheard digit."""
    return plain(word) in HOMOPHONES


def plain(word: str) -> str:
    """Lower case, without the punctuation around it."""
    return word.lower().strip(".,;:!?'\"()")


def is_date_word(word: str) -> bool:
    """Whether the word is a month or an ordinal."""
    token = plain(word)
    return token in MONTHS or token in ORDINALS


def _digits_at(tokens: Sequence[str], index: int) -> int | None:
    """Digits the word adds; None where it is no part of a number. ``twenty`` adds two and the unit after it none."""
    token = tokens[index]
    if written := sum(character.isdecimal() for character in token):
        return written
    if token in _UNITS:
        after_tens = index > 0 and tokens[index - 1] in _TENS and token not in ("zero", "oh", "o", "nought")
        return 0 if after_tens else 1
    if token in _TEENS or token in _TENS:
        return 2
    if token in _REPEATS:
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        is_repeat = following in _UNITS or following.isdecimal()
        return _REPEATS[token] if is_repeat else None
    return 0 if token in _MAGNITUDES else None


def _run_from(tokens: Sequence[str], first: int) -> DigitRun:
    counted: list[int] = []
    total, last, index = 0, first, first
    doubtful = 0
    while index < len(tokens) and doubtful <= _MAX_HOMOPHONES:
        added = _digits_at(tokens, index)
        if added is None and tokens[index] not in FILLERS and tokens[index] not in HOMOPHONES:
            break
        if added is not None:
            # Homophones since the last digit turn out to stand between digits: they count.
            for between in tokens[last + 1 : index]:
                total += between in HOMOPHONES
                counted.append(total)
            total += added
            counted.append(total)
            last, doubtful = index, 0
        else:
            doubtful += tokens[index] in HOMOPHONES
        index += 1
    return DigitRun(first, last, tuple(counted))


def _bridged(tokens: Sequence[str], before: DigitRun, after: DigitRun) -> bool:
    """A recogniser's stray word inside a long number must not hide the number from us."""
    strays = [word for word in tokens[before.last + 1 : after.first] if word not in FILLERS]
    return len(strays) <= 1 and before.digits >= _BRIDGE_DIGITS and after.digits >= _BRIDGE_DIGITS


def _join(before: DigitRun, after: DigitRun) -> DigitRun:
    gap = (before.digits,) * (after.first - before.last - 1)
    rest = tuple(before.digits + count for count in after.counted)
    return DigitRun(before.first, after.last, before.counted + gap + rest)
