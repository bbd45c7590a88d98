"""Takes what is personal out of words before anything leaves the package, as a policy says kind by kind. Pure.

Recognition errors defeat the Luhn check, so every run of seven or more digits goes, and after a cue ("card number",
"security code", from either party) every digit until whoever said digits says something else. So of digits that no cue
names at most six show (PCI DSS 3.4 allows the first six), also where they are said in pieces. Partials, which may still
grow, show three digits of a run and mask the rest. Audio is muted 250 ms around the words: word times err up to 150 ms.

A kind left out of the policy shows in finals where a cue names it, twelve digits at most, while card numbers and codes
asked for stay hidden. Leaving ``digits`` out lets none show as long as ``card`` is in: any of them might be a card's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from transcription.cues import Cue, cues
from transcription.numbers import DigitRun, digit_runs, is_filler, is_homophone
from transcription.sensitive import (
    ACCOUNT,
    BIRTH_DATE,
    CARD,
    CODE,
    DIGITS,
    EMAIL,
    EXPIRY,
    KINDS,
    PHONE,
    SORT_CODE,
    Stretch,
    dates,
    emails,
    is_phone,
    sort_codes,
)
from transcription.utterances import Redaction, Word

LONG_RUN = 7
LONGEST_NOT_CARD = 12
SHOWN_IN_PARTIALS = 3
MUTE_MARGIN_S = 0.25
CUE_LASTS_S = 60.0
CARRY_LASTS_S = 30.0
_NEAR_EDGE = 2

_FEWEST = {CARD: 1, CODE: 1, EXPIRY: 1, SORT_CODE: 2, ACCOUNT: 4, PHONE: 5}
"""Digits of a run from which a cue's kind covers it."""


def placeholder(kind: str) -> str:
    """What stands in the text for something withheld, e.g. ``[card]``; pages show it as a row of blocks."""
    return f"[{kind}]"


@dataclass(frozen=True, slots=True)
class Redacted:
    """An utterance as it may leave: withheld words replaced by one placeholder word each stretch."""

    words: tuple[Word, ...]
    redactions: tuple[Redaction, ...]

    @property
    def text(self) -> str:
        """The words, separated by spaces."""
        return " ".join(word.text for word in self.words)


@dataclass
class _Party:
    """``carried``: digits at the very end of the party's last utterance, which the next may go on with."""

    carried: int = 0
    carried_until: float = 0.0


@dataclass
class _Standing:
    """What was asked for and is not answered yet."""

    kind: str
    until: float
    answered: set[str] = field(default_factory=set)


class Redactor:
    """One contact's memory: what was asked for, and numbers said over several utterances.

    ``kinds``: the policy, see ``transcription.sensitive.KINDS``. ``wary``: begin as if a card number had just been
    asked for, because what was said before is not known (the connection of a running contact was lost). Utterances of
    one party come in order; those of different parties nearly.
    """

    def __init__(self, *, wary: bool = False, kinds: Collection[str] = KINDS) -> None:
        self._parties: dict[str, _Party] = {}
        self._standing: _Standing | None = None
        self._wary = wary
        self._policy = frozenset(kinds)

    def partial(self, party: str, text: str, at_s: float) -> str:
        """A running hypothesis as it may be shown. A cue heard here already counts: better once too often."""
        words = text.split()
        heard = self._listen(words, at_s)
        shown: list[str] = []
        copied = 0
        for stretch in self._partial_stretches(party, words, heard, at_s):
            shown += [*words[copied : stretch.first], placeholder(stretch.kind)]
            copied = stretch.last + 1
        return " ".join([*shown, *words[copied:]])

    def final(self, party: str, words: Sequence[Word]) -> Redacted:
        """The settled words as they may leave, and the stretches to mute (media seconds, like the words')."""
        if not words:
            return Redacted((), ())
        texts = [word.text for word in words]
        at_s = words[0].start_s
        heard = self._listen(texts, at_s)
        runs = digit_runs(texts)
        carried = self._carried(party, texts, runs[0], at_s) if runs else 0
        hidden = self._forms(texts, heard, unfinished=False)
        for index, run in enumerate(runs):
            digits = run.digits + (carried if index == 0 else 0)
            if kind := self._hides(texts, run, digits, _asked(heard, run.first)):
                hidden.append(Stretch(*_extent(texts, run), kind))
        self._remember(party, texts, runs, carried, words[-1].end_s)
        return _withhold(words, _in_order(hidden))

    def _partial_stretches(self, party: str, words: Sequence[str], heard: Sequence[Cue], at_s: float) -> list[Stretch]:
        hidden = self._forms(words, heard, unfinished=True)
        unnamed = bool(self._policy & {DIGITS, CARD})
        for index, run in enumerate(digit_runs(words)):
            asked = _asked(heard, run.first)
            if asked in self._policy and asked in _FEWEST:
                if run.digits >= min(_FEWEST[asked], SHOWN_IN_PARTIALS + 1):
                    hidden.append(Stretch(run.first, _extent(words, run)[1], asked))
                continue
            allowed = SHOWN_IN_PARTIALS
            if index == 0:
                allowed = max(0, allowed - self._carried(party, words, run, at_s))
            if run.digits > allowed and unnamed:
                visible = sum(count <= allowed for count in run.counted) if allowed else 0
                hidden.append(Stretch(run.first + visible, _extent(words, run)[1], DIGITS))
        return _in_order(hidden)

    def _forms(self, words: Sequence[str], heard: Sequence[Cue], *, unfinished: bool) -> list[Stretch]:
        """What is known by its form, or by a cue and its form."""
        found: list[Stretch] = []
        if EMAIL in self._policy:
            asked = any(cue.kind == EMAIL for cue in heard)
            found += emails(words, asked=asked, unfinished=unfinished and _asked(heard, len(words)) == EMAIL)
        if SORT_CODE in self._policy:
            found += sort_codes(words)
        for kind in self._policy & {BIRTH_DATE, EXPIRY}:
            found += [date for date in dates(words, kind) if _asked(heard, date.first) == kind]
        return found

    def _hides(self, words: Sequence[str], run: DigitRun, digits: int, asked: str) -> str:
        """The kind to hide a run as; empty to show it. ``digits``: with those the run goes on from."""
        if asked in self._policy and run.digits >= _FEWEST.get(asked, LONG_RUN):
            return asked
        if digits < LONG_RUN:
            return ""
        if is_phone(words, run):
            asked = PHONE
        if asked and digits <= LONGEST_NOT_CARD:
            return asked if asked in self._policy else ""
        return next((kind for kind in (DIGITS, CARD) if kind in self._policy), "")

    def _listen(self, words: Sequence[str], at_s: float) -> list[Cue]:
        """The cues these words answer, what stands from before first; the last of them stands from now on."""
        if self._wary:
            self._wary = False
            self._standing = _Standing(CARD, at_s + CUE_LASTS_S)
        if self._standing and at_s > self._standing.until:
            self._standing = None
        before, heard = self._standing, cues(words)
        if before and before.kind in (CARD, CODE) and before.kind in self._policy:
            # A word about something that may show does not lift the wait for a card number.
            heard = [cue for cue in heard if cue.kind in self._policy]
        if heard:
            self._standing = _Standing(heard[-1].kind, at_s + CUE_LASTS_S)
        return [Cue(-1, before.kind), *heard] if before else heard

    def _carried(self, party: str, words: Sequence[str], run: DigitRun, at_s: float) -> int:
        state = self._parties.get(party)
        if state is None or at_s > state.carried_until or _content(words[: run.first]) > _NEAR_EDGE:
            return 0
        return state.carried

    def _remember(self, party: str, words: Sequence[str], runs: Sequence[DigitRun], carried: int, end_s: float) -> None:
        state = self._parties.setdefault(party, _Party())
        if runs:
            last = runs[-1]
            at_end = _content(words[last.last + 1 :]) <= _NEAR_EDGE
            state.carried = last.digits + (carried if len(runs) == 1 else 0) if at_end else 0
            state.carried_until = end_s + CARRY_LASTS_S
            if self._standing:
                self._standing.answered.add(party)
                self._standing.until = end_s + CUE_LASTS_S
        elif _content(words):
            state.carried = 0
            if self._standing and party in self._standing.answered:
                self._standing = None


def _asked(heard: Sequence[Cue], at: int) -> str:
    """What words at ``at`` answer: the last cue before them, else the first after ("1 2 3 is the security code")."""
    before = [cue.kind for cue in heard if cue.first <= at]
    return before[-1] if before else next((cue.kind for cue in heard), "")


def _content(words: Sequence[str]) -> int:
    return sum(not is_filler(word) for word in words)


def _extent(words: Sequence[str], run: DigitRun) -> tuple[int, int]:
    """The run with the homophones that touch it: "four one one won" may end in a digit."""
    first, last = run.first, run.last
    while first > 0 and is_homophone(words[first - 1]):
        first -= 1
    while last + 1 < len(words) and is_homophone(words[last + 1]):
        last += 1
    return first, last


def _in_order(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Sorted; what overlaps becomes one, named after its first."""
    merged: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda found: (found.first, -found.last)):
        if merged and stretch.first <= merged[-1].last:
            merged[-1] = Stretch(merged[-1].first, max(merged[-1].last, stretch.last), merged[-1].kind)
        else:
            merged.append(stretch)
    return merged


def _withhold(words: Sequence[Word], hidden: Sequence[Stretch]) -> Redacted:
    kept: list[Word] = []
    redactions: list[Redaction] = []
    copied = 0
    for stretch in hidden:
        gone = words[stretch.first : stretch.last + 1]
        confidence = sum(word.confidence for word in gone) / len(gone)
        kept += words[copied : stretch.first]
        kept.append(Word(placeholder(stretch.kind), gone[0].start_s, gone[-1].end_s, confidence))
        start, end = max(0.0, gone[0].start_s - MUTE_MARGIN_S), gone[-1].end_s + MUTE_MARGIN_S
        redactions.append(Redaction(stretch.kind, start, end))
        copied = stretch.last + 1
    return Redacted((*kept, *words[copied:]), tuple(redactions))
