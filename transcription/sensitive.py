"""Where words hold something personal by its form: e-mail addresses, dates, codes. Pure.

Says where and of which kind. What was asked for is ``transcription.cues``, what is done ``transcription.redaction``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from transcription.numbers import DigitRun, digit_runs, is_date_word, is_filler, plain
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


_SORT_CODE = re.compile(r"\d\d-\d\d-\d\d")
_EMAIL = re.compile(r"[^@\s]+(?:@|[(\[]at[)\]])[^@\s]+", re.IGNORECASE)
_WRITTEN_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")
_AT = frozenset(("at", "@"))
_DOT = frozenset(("dot", "point", "."))
_JOINS = frozenset(("dot", "point", ".", "underscore", "dash", "hyphen", "minus", "plus"))
_DOMAINS = frozenset(
    ("com", "org", "net", "edu", "gov", "info", "biz", "io", "co", "uk", "de", "fr", "es", "it", "nl", "eu", "us", "ca",
     "au", "ie", "ch", "at", "shop", "online", "app", "dev", "me", "tv", "store", "se", "dk",
     "pl", "pt", "nz", "za")
)  # fmt: skip
_PROVIDERS = frozenset(("gmail", "googlemail", "hotmail", "outlook", "yahoo", "icloud", "aol", "gmx"))
_SPELT = frozenset(("dot", "underscore", "@"))
_AMBIGUOUS = frozenset(("may", "march", "first", "second"))
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


def emails(words: Sequence[str], *, asked: bool = False, unfinished: bool = False) -> list[Stretch]:
    """Written addresses, and spoken ones: "john dot smith at example dot com". ``asked``: an address is expected, so
    any domain is one, and a piece of one counts. ``unfinished``: it is still being said.
    """
    tokens = [plain(word) for word in words]
    found = [Stretch(index, index, EMAIL) for index, word in enumerate(words) if _EMAIL.fullmatch(word.strip(".,;:!?"))]
    for index, token in enumerate(tokens):
        if token in _AT and (last := _host(tokens, index, asked, asked and unfinished)) is not None:
            first = _local(tokens, index)
            if first < index and (not found or first > found[-1].last):
                found.append(Stretch(first, last, EMAIL))
    if asked and not found:
        joins = _JOINS if unfinished else _SPELT
        if joined := [index for index, token in enumerate(tokens) if token in joins]:
            found.append(Stretch(_local(tokens, joined[0]), len(tokens) - 1, EMAIL))
    return sorted(found, key=lambda stretch: stretch.first)


def _host(tokens: Sequence[str], at: int, asked: bool, unfinished: bool) -> int | None:
    """The last word of the domain that follows ``at``; None where none does."""
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    last = at + 1 if _WRITTEN_HOST.fullmatch(following) or (asked and following in _PROVIDERS) else None
    for index in range(at + 2, min(at + 2 + _LONGEST_HOST, len(tokens))):
        dot, word = tokens[index - 1], tokens[index]
        if dot in _DOT and (word in _DOMAINS or (asked and dot != "point")):
            last = index
        elif last is not None and word not in _DOT:
            break
    return len(tokens) - 1 if last is None and unfinished else last


def _local(tokens: Sequence[str], at: int) -> int:
    """The first word of what stands before ``at``."""
    first = at
    while first > max(0, at - _LONGEST_LOCAL):
        token, neighbours = tokens[first - 1], (*tokens[first - 2 : first - 1], *tokens[first : first + 1])
        is_spelt = len(token) == 1 and any(len(neighbour) == 1 for neighbour in neighbours)  # "a n n a", not "a letter"
        if token in _BEFORE_ADDRESS and not is_spelt:
            break
        first -= 1
    return first


def sort_codes(words: Sequence[str]) -> list[Stretch]:
    """Three pairs of digits written with dashes."""
    return [
        Stretch(index, index, SORT_CODE)
        for index, word in enumerate(words)
        if _SORT_CODE.fullmatch(word.strip(".,;:!?()"))
    ]


def dates(words: Sequence[str], kind: str) -> list[Stretch]:
    """Stretches of digits, ordinals and months, with "of" and "the" between them. "May", "march", "first" and "second"
    are other words as well: one of them by itself is a date only where nothing else is said.
    """
    tokens = [plain(word) for word in words]
    in_run = {index for run in digit_runs(words) for index in range(run.first, run.last + 1)}
    found: list[Stretch] = []
    for index, token in enumerate(tokens):
        if index not in in_run and not is_date_word(token):
            continue
        between = tokens[found[-1].last + 1 : index] if found else []
        if found and all(word in ("of", "the", "in", "and") for word in between):
            found[-1] = Stretch(found[-1].first, index, kind)
        else:
            found.append(Stretch(index, index, kind))
    alone = all(token in _AMBIGUOUS or is_filler(token) for token in tokens)
    return [date for date in found if alone or date.first < date.last or tokens[date.first] not in _AMBIGUOUS]


def is_phone(words: Sequence[str], run: DigitRun) -> bool:
    """Written with its international prefix."""
    return words[run.first].lstrip("(").startswith("+")
