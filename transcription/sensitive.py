"""Where words hold something personal: what was asked for (cues), e-mail addresses, dates, codes of a known form.

Pure. Says where and of which kind; what is done about it is ``transcription.redaction``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from transcription.numbers import DigitRun, digit_runs, is_date_word, plain
from voice.errors import DocumentError

DIGITS: Final = "digits"
CARD: Final = "card"
CODE: Final = "code"
EXPIRY: Final = "expiry"
SORT_CODE: Final = "sort_code"
ACCOUNT: Final = "account"
PHONE: Final = "phone"
EMAIL: Final = "email"
BIRTH_DATE: Final = "birth_date"
KINDS: Final = (DIGITS, CARD, CODE, EXPIRY, SORT_CODE, ACCOUNT, PHONE, EMAIL, BIRTH_DATE)
"""``digits``: seven or more of them without a word about what they are."""


def parse_kinds(text: str) -> frozenset[str]:
    """Kinds separated by commas; none in an empty text. Raises DocumentError."""
    kinds = frozenset(kind for kind in text.split(",") if kind)
    if unknown := kinds - set(KINDS):
        raise DocumentError("--redact", None, f"no such kind: {min(unknown)}", f"choose from {', '.join(KINDS)}")
    return kinds


_CUES: dict[str, tuple[str, ...]] = {
    CODE: (
        "security code", "security number", "verification code", "three digits on", "c v v", "c v c", "cvv", "cvc",
        "cvv2", "pin", "passcode",
    ),
    CARD: ("card number", "long number", "number on the card", "number on your card", "number on my card"),
    EXPIRY: ("expiry", "expiry date", "expiration", "expiration date", "expires", "valid until", "valid thru"),
    SORT_CODE: ("sort code", "routing number"),
    ACCOUNT: ("account number", "iban"),
    PHONE: (
        "phone number", "telephone number", "mobile number", "cell number", "contact number", "callback number",
        "call me on", "call me at", "reach me on", "reach me at", "call you on", "call you at", "reach you on",
        "reach you at",
    ),
    EMAIL: ("email address", "e mail address", "mail address", "email is", "e mail is", "email me at", "email you at"),
    BIRTH_DATE: ("date of birth", "birth date", "birthday", "born on", "born in", "were you born", "was born"),
}  # fmt: skip
_PHRASES = [(tuple(phrase.split()), kind) for kind, phrases in _CUES.items() for phrase in phrases]
_SORT_CODE = re.compile(r"\d\d-\d\d-\d\d")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_AT = frozenset(("at", "@"))
_DOT = frozenset(("dot", "point", "."))
_JOINS = frozenset(("dot", "point", ".", "underscore", "dash", "hyphen", "minus", "plus"))
_DOMAINS = frozenset(
    ("com", "org", "net", "edu", "gov", "info", "biz", "io", "co", "uk", "de", "fr", "es", "it", "nl", "eu", "us", "ca",
     "au", "ie", "ch", "at")
)  # fmt: skip
_BEFORE_ADDRESS = frozenset(
    ("is", "its", "it's", "address", "email", "mail", "me", "to", "you", "on", "that's", "the", "my", "your", "please",
     "yes", "so", "a", "and", "i", "was")
)  # fmt: skip
_LONGEST_LOCAL = 10
_LONGEST_HOST = 6


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words ``first`` to ``last`` (inclusive) are of ``kind``."""

    first: int
    last: int
    kind: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Words from ``first`` on ask for, or announce, ``kind``."""

    first: int
    kind: str


def cues(words: Sequence[str]) -> list[Cue]:
    """In order of the words."""
    tokens = [plain(word) for word in words]
    found = [
        Cue(start, kind)
        for start in range(len(tokens))
        for phrase, kind in _PHRASES
        if tuple(tokens[start : start + len(phrase)]) == phrase
    ]
    return sorted(found, key=lambda cue: cue.first)


def emails(words: Sequence[str], *, unfinished: bool = False) -> list[Stretch]:
    """Written addresses, and spoken ones: "john dot smith at example dot com". ``unfinished``: an address is expected
    and may end before its domain.
    """
    tokens = [plain(word) for word in words]
    found = [Stretch(index, index, EMAIL) for index, word in enumerate(words) if _EMAIL.fullmatch(word.strip(".,;:!?"))]
    for index, token in enumerate(tokens):
        if token in _AT and (last := _host(tokens, index, unfinished)) is not None:
            first = _local(tokens, index)
            if first < index and (not found or first > found[-1].last):
                found.append(Stretch(first, last, EMAIL))
    if unfinished and not found:
        joined = [index for index, token in enumerate(tokens) if token in _JOINS and index]
        if joined:
            found.append(Stretch(joined[0] - 1, len(tokens) - 1, EMAIL))
    return sorted(found, key=lambda stretch: stretch.first)


def _host(tokens: Sequence[str], at: int, unfinished: bool) -> int | None:
    """The last word of the domain that follows ``at``; None where none does."""
    last = None
    for index in range(at + 2, min(at + 2 + _LONGEST_HOST, len(tokens))):
        if tokens[index] in _DOMAINS and tokens[index - 1] in _DOT:
            last = index
        elif last is not None and tokens[index] not in _DOT:
            break
    return len(tokens) - 1 if last is None and unfinished else last


def _local(tokens: Sequence[str], at: int) -> int:
    """The first word of what stands before ``at``."""
    first = at
    while first > max(0, at - _LONGEST_LOCAL) and tokens[first - 1] not in _BEFORE_ADDRESS:
        first -= 1
    return first


def sort_codes(words: Sequence[str]) -> list[Stretch]:
    """Three pairs of digits written with dashes."""
    return [
        Stretch(index, index, SORT_CODE)
        for index, word in enumerate(words)
        if _SORT_CODE.fullmatch(word.strip(".,;:!?()"))
    ]


def dates(words: Sequence[str]) -> list[Stretch]:
    """Stretches of digits, ordinals and months, with "of" and "the" between them."""
    tokens = [plain(word) for word in words]
    in_run = {index for run in digit_runs(words) for index in range(run.first, run.last + 1)}
    found: list[Stretch] = []
    for index, token in enumerate(tokens):
        if index not in in_run and not is_date_word(token):
            continue
        between = tokens[found[-1].last + 1 : index] if found else []
        if found and all(word in ("of", "the", "in", "and") for word in between):
            found[-1] = Stretch(found[-1].first, index, BIRTH_DATE)
        else:
            found.append(Stretch(index, index, BIRTH_DATE))
    return found


def is_phone(words: Sequence[str], run: DigitRun) -> bool:
    """Written with its international prefix."""
    return words[run.first].lstrip("(").startswith("+")
