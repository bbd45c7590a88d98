"""Digits as callers say them: "four two one seven", "forty two, double one". Pure.

In English numbers below a hundred count as their digits; in German and Spanish digits are said one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

from transcription.numbers import FILLERS, digit_runs, plain

_ENGLISH = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
_RARE = {"o": "0", "nought": "0", "niner": "9"}
_MISHEARD = {"to": "2", "too": "2", "for": "4", "fore": "4", "won": "1", "ate": "8", "tree": "3", "free": "3"}
_MORE = {"double": 1, "triple": 2, "treble": 2}
_ONE_BY_ONE = {
    "de": ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
}
_OTHERS = {language: {word: str(n) for n, word in enumerate(words)} for language, words in _ONE_BY_ONE.items()}
_OTHERS["de"]["zwo"] = "2"

LANGUAGES = ("en", *_OTHERS)
"""Those whose digits are understood."""


def digit_words(language: str) -> tuple[str, ...]:
    """What a recogniser is to listen for; nothing in a language that is not one of LANGUAGES."""
    base = language.split("-")[0]
    return (*_ENGLISH, *_MORE) if base == "en" else tuple(_OTHERS.get(base, ()))


def numbers_said(text: str, language: str) -> tuple[str, ...]:
    """The digits of each number in ``text``, in order; a number that is no row of digits ("four hundred") is empty."""
    tokens = [plain(word) for word in text.split()]
    if language.split("-")[0] == "en":
        return tuple(_read(tokens[run.first : run.last + 1], run.digits) for run in digit_runs(tokens))
    known = _OTHERS.get(language.split("-")[0], {})
    figures = "".join(known.get(token, token if token.isdecimal() else " ") for token in tokens)
    return tuple(figures.split())


def _read(tokens: Sequence[str], count: int) -> str:
    """The figures of one English run, which are ``count``; "" where it says something else than its digits."""
    figures, repeated = "", 0
    for before, token in zip(("", *tokens), tokens, strict=False):
        value = _ENGLISH.get(token) or _RARE.get(token) or _MISHEARD.get(token)
        value = value or "".join(str(int(character)) for character in token if character.isdecimal())
        if value:
            after_tens = before.endswith("ty") and len(value) == 1 and value != "0" and not token.isdecimal()
            figures = (figures[:-1] if after_tens else figures) + value[0] * repeated + value
        elif token not in _MORE and token not in FILLERS:
            return ""  # a magnitude, or a stray word that may have been a digit
        repeated = _MORE.get(token, 0)
    return figures if len(figures) == count else ""
