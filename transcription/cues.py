"""What words ask for, or announce: "card number", "can I have your e-mail", "when does it expire". Pure.

A cue is a phrase, not a word, wherever the word alone is common: who says "your account" may well go on with an order
number, who says "have your account" asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transcription.numbers import plain
from transcription.sensitive import ACCOUNT, BIRTH_DATE, CARD, CODE, EMAIL, EXPIRY, PHONE, SORT_CODE


@dataclass(frozen=True, slots=True)
class Cue:
    """Words from ``first`` on ask for, or announce, ``kind``."""

    first: int
    kind: str


def cues(words: Sequence[str]) -> list[Cue]:
    """In order of the words."""
    tokens = [plain(word) for word in words]
    return [
        Cue(start, kind)
        for start, token in enumerate(tokens)
        for phrase, kind in _BY_FIRST_WORD.get(token, ())
        if tuple(tokens[start : start + len(phrase)]) == phrase
    ]


_ASKING = (
    "have your", "what's your", "whats your", "what is your", "confirm your", "verify your", "give me your",
    "tell me your", "spell your", "need your", "me have your",
)  # fmt: skip


def _asking_for(thing: str) -> Iterator[str]:
    yield from (f"{asking} {thing}" for asking in _ASKING)
    yield f"your {thing} please"


_PHRASES: dict[str, tuple[str, ...]] = {
    CODE: (
        "security code", "security number", "verification code", "digit code", "number code", "three digits on",
        "four digits on", "three numbers on", "four numbers on", "digits on the back", "numbers on the back",
        "code on the back", "number on the back of the card", "number on the back of your card",
        "number on the back of my card", "signature strip", "c v v", "c v c", "cvv", "cvc", "cvv2", "pin", "passcode",
    ),
    CARD: (
        "card number", "long number", "number on the card", "number on your card", "number on my card",
        "sixteen digit", "sixteen digits", "number on the front", "digits on the front", "number across the front",
        "digits across the front",
    ),
    EXPIRY: (
        "expiry", "expiry date", "expiration", "expiration date", "expires", "card expire", "it expire",
        "that expire", "that one expire", "card run out", "card runs out", "card end date", "valid until", "valid till",
        "valid through", "valid thru", "good through", "good thru",
    ),
    SORT_CODE: ("sort code", "routing number"),
    ACCOUNT: ("account number", "iban", "account is number", *_asking_for("account")),
    PHONE: (
        "phone number", "telephone number", "mobile number", "cell number", "contact number", "callback number",
        "call me on", "call me at", "reach me on", "reach me at", "call you on", "call you at", "reach you on",
        "reach you at",
    ),
    EMAIL: (
        "email address", "e mail address", "e-mail address", "mail address", "email is", "e mail is", "e-mail is",
        "email me at", "email you at", *_asking_for("email"), *_asking_for("e mail"), *_asking_for("e-mail"),
    ),
    BIRTH_DATE: (
        "date of birth", "year of birth", "birth date", "birthdate", "birthday", "birth day", "d o b", "dob", "d.o.b",
        "born",
    ),
}  # fmt: skip
_BY_FIRST_WORD: dict[str, list[tuple[tuple[str, ...], str]]] = {}
for _kind, _phrases in _PHRASES.items():
    for _phrase in _phrases:
        _words = tuple(_phrase.split())
        _BY_FIRST_WORD.setdefault(_words[0], []).append((_words, _kind))
