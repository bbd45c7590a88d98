"""Promises an agent makes in passing ("I will call you back tomorrow"), found so that somebody keeps them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from assist.spotting import Spotter, Token, tokenise

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_MAX_WORDS = 14

_HEADS = (
    "i will", "we will", "i shall", "i am going to", "we are going to", "you will receive", "you will get",
    "you will have", "let me call you back",
)  # fmt: skip
_DEEDS = frozenset(
    {
        "book", "call", "cancel", "credit", "deliver", "email", "get", "have", "pay", "phone", "receive", "refund",
        "repair", "replace", "ring", "send", "ship", "transfer", "update", "write",
    }
)  # fmt: skip
_NO_PROMISE = frozenset({"if", "unless", "not", "check", "look", "put", "connect"})
"""Words that make it a condition, a refusal or something done during the call."""

_heads: Spotter[str] = Spotter((phrase, phrase) for phrase in _HEADS)


@dataclass(frozen=True, slots=True)
class SpokenPromise:
    """``text``: the agent's own words; ``due_on``: the day named, or None."""

    text: str
    due_on: date | None


def promises_in(text: str, today: date) -> tuple[SpokenPromise, ...]:
    """The promises in one utterance of an agent, at most one for each time she commits herself."""
    tokens = tokenise(text)
    starts = sorted({at for at in range(len(tokens)) if _head_at(tokens, at)})
    found = []
    for position, start in enumerate(starts):
        end = starts[position + 1] if position + 1 < len(starts) else len(tokens)
        clause = tokens[start : min(end, start + _MAX_WORDS)]
        words = [token.text for token in clause]
        if not _NO_PROMISE.isdisjoint(words) or _DEEDS.isdisjoint(words):
            continue
        due_on, last = _due(words, today)
        written = text.split()[clause[0].word : clause[last].word + 1]
        found.append(SpokenPromise(" ".join(written), due_on))
    return tuple(found)


def _head_at(tokens: tuple[Token, ...], at: int) -> bool:
    return any(hit.exact and hit.start == tokens[at].word for hit in _heads.find_in(tokens[at : at + 4]))


def _due(words: list[str], today: date) -> tuple[date | None, int]:
    """The day named and the index of the last word that belongs to the promise."""
    for index, word in enumerate(words):
        if word in ("today", "tonight", "tomorrow"):
            return today + timedelta(days=word == "tomorrow"), index
        if word in _WEEKDAYS:
            ahead = (_WEEKDAYS.index(word) - today.weekday()) % 7 or 7
            return today + timedelta(days=ahead), index
        after = words[index + 1] if index + 1 < len(words) else ""
        if word == "next" and after in ("week", "month"):
            return today + timedelta(days=7 if after == "week" else 30), index + 1
        count = _NUMBERS.get(word)
        if count and after in ("day", "days", "week", "weeks"):
            return today + timedelta(days=count * (7 if after.startswith("week") else 1)), index + 1
    return None, len(words) - 1
