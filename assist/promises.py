"""Promises an agent makes in passing ("I will call you back tomorrow"), found so that somebody keeps them. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from assist.spotting import Spotter, Token, tokenise

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_NUMBERS = {word: number for number, word in enumerate(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
     "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"), start=1,
)} | {"a": 1, "an": 1, "thirty": 30, "forty": 40}  # fmt: skip
_ORDINALS = {word: number for number, word in enumerate(
    ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
     "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
     "twentieth"), start=1,
)} | {"thirtieth": 30}  # fmt: skip
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10_080}
_MEANT = {"couple": 2, "few": 3}
_WORKING = frozenset({"working", "business"})
_BETWEEN = frozenset({*_MEANT, *_WORKING, "of", "more"})
"""What may stand between a number and its unit."""
_TENS = frozenset({"twenty", "thirty", "forty"})
_FRIDAY = 4
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
        rest = words[index : index + 6]
        found = _near(word, rest, today) or _in_a_while(rest, today) or _in_the_calendar(rest, today)
        if found is not None:
            return found[0], index + found[1] - 1
    return None, len(words) - 1


def _near(word: str, rest: list[str], today: date) -> tuple[date, int] | None:
    """A day called by its name: it, and of how many words."""
    if rest[:3] == ["day", "after", "tomorrow"]:  # "the day after tomorrow"
        return today + timedelta(days=2), 3
    if word in ("today", "tonight", "tomorrow"):
        return today + timedelta(days=word == "tomorrow"), 1
    if word in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS.index(word) - today.weekday()) % 7 or 7), 1
    match rest[:2]:
        case ["next", "week" | "month" as span]:
            return today + timedelta(days=7 if span == "week" else 30), 2
        case ["this", "morning" | "afternoon" | "evening"]:
            return today, 2
        case ["this", "week"]:
            return _friday(today), 2
    if rest[:4] == ["end", "of", "the", "week"]:
        return _friday(today), 4
    return (_month_end(today), 4) if rest[:4] == ["end", "of", "the", "month"] else None


def _in_a_while(rest: list[str], today: date) -> tuple[date, int] | None:
    """After "three days", "a couple of weeks", "twenty four hours", "an hour": the day, and of how many words."""
    found = _counted(rest)
    if found is None:
        return None
    count, used = found
    between = list(itertools.takewhile(_BETWEEN.__contains__, rest[used:]))
    used += len(between)
    count = next((_MEANT[word] for word in between if word in _MEANT), count)
    unit = rest[used].removesuffix("s") if used < len(rest) else ""
    if unit not in _MINUTES:
        return None
    days = count * _MINUTES[unit] // _MINUTES["day"]
    working = unit == "day" and not _WORKING.isdisjoint(between)
    return (_working_days(today, days) if working else today + timedelta(days=days)), used + 1


def _in_the_calendar(rest: list[str], today: date) -> tuple[date, int] | None:
    """ "the fifth of march", "march the twenty first", "march 5": the next day called so, and of how many words."""
    places = [place for place, word in enumerate(rest) if word not in ("the", "of")]
    said = [rest[place] for place in places]
    month_first = bool(said) and said[0] in _MONTHS
    found = _counted(said[month_first:], _ORDINALS)
    if found is None:
        return None
    day, used = found
    month = said[0] if month_first else said[used] if used < len(said) else ""
    if month not in _MONTHS:
        return None
    for year in (today.year, today.year + 1):
        try:
            on = date(year, _MONTHS.index(month) + 1, day)
        except ValueError:  # the thirtieth of February
            continue
        if on >= today:
            return on, places[used] + 1
    return None


def _counted(words: list[str], others: Mapping[str, int] = {}) -> tuple[int, int] | None:
    """The number that words begin with ("twenty four", "24", "5th"), and of how many of them."""
    if not words:
        return None
    known = {**_NUMBERS, **others}
    figures = words[0].rstrip("stndrh")
    count = int(figures) if figures.isdecimal() and len(figures) <= 3 else known.get(words[0])
    if count is None:
        return None
    more = known.get(words[1], 0) if words[0] in _TENS and len(words) > 1 and words[1] not in ("a", "an") else 0
    return (count + more, 2) if 0 < more < 10 else (count, 1)


def _working_days(today: date, days: int) -> date:
    """That many Mondays to Fridays later; holidays are not known here."""
    on = today
    while days > 0:
        on += timedelta(days=1)
        days -= on.weekday() <= _FRIDAY
    return on


def _friday(today: date) -> date:
    """The end of the week that people mean: Friday, at the weekend Sunday."""
    return today + timedelta(days=(_FRIDAY if today.weekday() <= _FRIDAY else 6) - today.weekday())


def _month_end(today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
