"""Takes card numbers, security codes and PINs out of words before anything leaves the package. Pure.

Recognition errors defeat the Luhn check, so every run of seven or more digits goes, and after a cue ("card number",
"security code", from either party) every digit until whoever said digits says something else. At most six digits of a
number can ever show (PCI DSS 3.4 allows the first six), also where it is said in pieces. Partials, which may still
grow, show three digits of a run and mask the rest. Audio is muted 250 ms around the words: word times err up to 150 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from transcription.numbers import DigitRun, digit_runs, is_filler, is_homophone
from transcription.utterances import Redaction, Word

LONG_RUN = 7
SHOWN_IN_PARTIALS = 3
MUTE_MARGIN_S = 0.25
CUE_LASTS_S = 60.0
CARRY_LASTS_S = 30.0
_NEAR_EDGE = 2

DIGITS, CARD, CODE = "digits", "card", "code"
KINDS = (DIGITS, CARD, CODE)

_CUES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("security", "code"), CODE),
    (("security", "number"), CODE),
    (("verification", "code"), CODE),
    (("three", "digits", "on"), CODE),
    (("c", "v", "v"), CODE),
    (("c", "v", "c"), CODE),
    (("cvv",), CODE),
    (("cvc",), CODE),
    (("cvv2",), CODE),
    (("pin",), CODE),
    (("passcode",), CODE),
    (("card", "number"), CARD),
    (("long", "number"), CARD),
    (("number", "on", "the", "card"), CARD),
    (("number", "on", "your", "card"), CARD),
    (("number", "on", "my", "card"), CARD),
)


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
class _Cue:
    kind: str
    until: float
    answered: set[str] = field(default_factory=set)


class Redactor:
    """One contact's memory: what was asked for, and numbers said over several utterances.

    ``wary``: begin as if a card number had just been asked for, because what was said before is not known (the
    connection of a running contact was lost). Utterances of one party come in order; those of different parties nearly.
    """

    def __init__(self, *, wary: bool = False) -> None:
        self._parties: dict[str, _Party] = {}
        self._cue: _Cue | None = None
        self._wary = wary

    def partial(self, party: str, text: str, at_s: float) -> str:
        """A running hypothesis as it may be shown. A cue heard here already counts: better once too often."""
        words = text.split()
        cue = self._listen(words, at_s)
        shown: list[str] = []
        copied = 0
        for index, run in enumerate(digit_runs(words)):
            allowed = 0 if cue else SHOWN_IN_PARTIALS
            if index == 0 and cue is None:
                allowed = max(0, allowed - self._carried(party, words, run, at_s))
            visible = sum(count <= allowed for count in run.counted) if allowed else 0
            if run.digits <= allowed:
                continue
            shown += [*words[copied : run.first + visible], placeholder(cue.kind if cue else DIGITS)]
            copied = _extent(words, run)[1] + 1
        return " ".join([*shown, *words[copied:]])

    def final(self, party: str, words: Sequence[Word]) -> Redacted:
        """The settled words as they may leave, and the stretches to mute (media seconds, like the words')."""
        if not words:
            return Redacted((), ())
        texts = [word.text for word in words]
        at_s = words[0].start_s
        cue = self._listen(texts, at_s)
        runs = digit_runs(texts)
        carried = self._carried(party, texts, runs[0], at_s) if runs else 0
        hidden: list[tuple[DigitRun, str]] = []
        for index, run in enumerate(runs):
            digits = run.digits + (carried if index == 0 else 0)
            if cue or digits >= LONG_RUN:
                hidden.append((run, cue.kind if cue else DIGITS))
        self._remember(party, texts, runs, carried, words[-1].end_s)
        return _withhold(words, texts, hidden)

    def _listen(self, words: Sequence[str], at_s: float) -> _Cue | None:
        """The cue in force while these words are said."""
        if self._wary:
            self._wary = False
            self._cue = _Cue(CARD, at_s + CUE_LASTS_S)
        if kind := _cue_in(words):
            self._cue = _Cue(kind, at_s + CUE_LASTS_S)
        if self._cue and at_s > self._cue.until:
            self._cue = None
        return self._cue

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
            if self._cue:
                self._cue.answered.add(party)
                self._cue.until = end_s + CUE_LASTS_S
        elif _content(words):
            state.carried = 0
            if self._cue and party in self._cue.answered:
                self._cue = None


def _content(words: Sequence[str]) -> int:
    return sum(not is_filler(word) for word in words)


def _cue_in(words: Sequence[str]) -> str | None:
    plain = tuple(word.lower().strip(".,;:!?") for word in words)
    for phrase, kind in _CUES:
        size = len(phrase)
        if any(plain[start : start + size] == phrase for start in range(len(plain) - size + 1)):
            return kind
    return None


def _extent(words: Sequence[str], run: DigitRun) -> tuple[int, int]:
    """The run with the homophones that touch it: "four one one won" may end in a digit."""
    first, last = run.first, run.last
    while first > 0 and is_homophone(words[first - 1]):
        first -= 1
    while last + 1 < len(words) and is_homophone(words[last + 1]):
        last += 1
    return first, last


def _withhold(words: Sequence[Word], texts: Sequence[str], hidden: Sequence[tuple[DigitRun, str]]) -> Redacted:
    kept: list[Word] = []
    redactions: list[Redaction] = []
    copied = 0
    for run, kind in hidden:
        first, last = _extent(texts, run)
        first = max(first, copied)
        gone = words[first : last + 1]
        confidence = sum(word.confidence for word in gone) / len(gone)
        kept += words[copied:first]
        kept.append(Word(placeholder(kind), gone[0].start_s, gone[-1].end_s, confidence))
        start, end = max(0.0, gone[0].start_s - MUTE_MARGIN_S), gone[-1].end_s + MUTE_MARGIN_S
        redactions.append(Redaction(kind, start, end))
        copied = last + 1
    return Redacted((*kept, *words[copied:]), tuple(redactions))
